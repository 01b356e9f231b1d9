import type { Loader } from '../load/index.js';
import { NftRefusedError } from '../run/index.js';
import type { Element, Operation } from '../syntax/index.js';
import type { AuditKernel } from './kernel.js';
import type { Notes, Placed } from './notes.js';

/** Where more elements differ than this, a new table is less work than finding them all. */
const mostRepaired = 1_000;

/** So many are asked for one by one from the start, which saves a process where some are not as they should be. */
const fewElements = 100;

/** More than elements differs, or too many of them do: the loader was told that the table has to be loaded anew. */
export class Damaged extends Error {}

/** Asks the kernel about single elements, and puts them right. */
export class ElementRepair {
  readonly #kernel: AuditKernel;
  readonly #loader: Loader;

  constructor(kernel: AuditKernel, loader: Loader) {
    this.#kernel = kernel;
    this.#loader = loader;
  }

  /** Elements that the kernel could not delete, because they are not there; nothing takes effect. */
  missing(table: string, placed: readonly Placed[]): Promise<readonly Placed[]> {
    return this.#refused(table, placed, 'delete-elements', 'not-found');
  }

  /** Elements of maps that the kernel could not add, because there are others with their keys; nothing takes effect. */
  changed(table: string, placed: readonly Placed[]): Promise<readonly Placed[]> {
    const maps = placed.filter(([, { value }]) => value !== undefined);
    return this.#refused(table, maps, 'add-elements', 'exists');
  }

  /** Deletes what should not be there, and adds what should. */
  async putRight(
    table: string,
    notes: Notes,
    { deleted, added }: { readonly deleted: readonly Placed[]; readonly added: readonly Placed[] },
  ): Promise<void> {
    if (deleted.length + added.length === 0) return;
    if (notes.total > mostRepaired) this.giveUp();
    const operations = [...grouped('delete-elements', deleted), ...grouped('add-elements', added)];
    const error = await refusalOf(this.#kernel.apply({ table, operations }));
    if (error !== undefined) this.giveUp();
  }

  /** Has the table loaded anew. */
  giveUp(): never {
    this.#loader.distrust();
    throw new Damaged();
  }

  /** Those that a step on each of them is refused for. nft names one of each refused step: then one step an element. */
  async #refused(
    table: string,
    placed: readonly Placed[],
    op: ElementOperation,
    reason: 'not-found' | 'exists',
  ): Promise<readonly Placed[]> {
    const check = (operations: readonly Operation[]) => refusalOf(this.#kernel.check({ table, operations }));
    if (placed.length > fewElements && (await check(grouped(op, placed))) === undefined) return [];
    let left = placed;
    const found: Placed[] = [];
    while (left.length > 0) {
      const error = await check(left.map(([set, element]) => ({ op, set, elements: [element] })));
      if (error === undefined) return found;
      const indexes = new Set(
        error.refusals.filter((refusal) => refusal.reason === reason).flatMap(({ at }) => at?.operation ?? []),
      );
      // Refused for another reason: the set itself is not what it was.
      if (indexes.size === 0 || found.length + indexes.size > mostRepaired) this.giveUp();
      found.push(...left.filter((_, index) => indexes.has(index)));
      left = left.filter((_, index) => !indexes.has(index));
    }
    return found;
  }
}

type ElementOperation = 'add-elements' | 'delete-elements';

async function refusalOf(running: Promise<void>): Promise<NftRefusedError | undefined> {
  try {
    await running;
    return undefined;
  } catch (error) {
    if (error instanceof NftRefusedError) return error;
    throw error;
  }
}

function grouped(op: ElementOperation, placed: readonly Placed[]): readonly Operation[] {
  const sets = new Map<string, Element[]>();
  for (const [set, element] of placed) {
    const known = sets.get(set);
    if (known === undefined) sets.set(set, [element]);
    else known.push(element);
  }
  return [...sets].map(([set, elements]) => ({ op, set, elements }));
}
