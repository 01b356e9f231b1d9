import type { PlanChange, ServiceKey } from '@nftproxier/core';
import { RenderError } from '../render/index.js';
import { NftRefusedError } from '../run/error.js';
import type { Operation } from '../syntax/index.js';
import type { PreparedChange, TableModel } from '../table/model.js';
import type { LoadTarget } from './target.js';
import { TableLostError } from './target.js';

/** A service whose change nft or the kernel refuses. What the table held of it before stays in force. */
export interface RefusedService {
  /** The Service whose change was left out. */
  readonly service: ServiceKey;
  /** The change that was refused, to be tried again. */
  readonly change: PlanChange;
  /** What nft, the kernel or the check of the text says is wrong. */
  readonly error: NftRefusedError | RenderError;
}

/** What was done to the kernel. */
export interface Applied {
  /** Transactions of service changes that took effect; those of the table's fixed part are not counted. */
  readonly transactions: number;
  /** Operations in those transactions. */
  readonly operations: number;
  /** Elements that those operations added or deleted. */
  readonly elements: number;
  /** Services that were left out; everything else took effect. */
  readonly refused: readonly RefusedService[];
}

/** More services than this are not refused for what is in them: something is wrong with the table. */
const mostRefused = 64;

/** Elements at once, where the kernel takes only short messages (inside a user namespace). */
const elementsPerPiece = 1_000;

/** A table in the kernel, with the model of what it holds. */
export interface LoadedTable {
  readonly name: string;
  readonly model: TableModel;
}

/**
 * Applies changes to a table in one transaction. If it is refused, finds the services that are to blame and applies all
 * others; whoever is refused is tried once more at the end, because a service may only have waited for another to let go
 * of an address.
 *
 * @throws {@link TableLostError} if the table itself is at fault, and everything else than a refusal as it comes.
 */
export async function applyChanges(
  target: LoadTarget,
  table: LoadedTable,
  changes: readonly PlanChange[],
  { grouped = false }: { readonly grouped?: boolean } = {},
): Promise<Applied> {
  const tally = new Tally(target, table);
  const refused = await tally.all(changes, grouped);
  if (refused.length === 0) return tally.result([]);
  const again = await tally.each(refused.map(({ change }) => change));
  if (again.length > mostRefused) throw new TableLostError(table.name, { cause: again[0]?.error });
  return tally.result(again);
}

/** Applies a prepared change as one transaction. */
export async function applyPrepared(target: LoadTarget, table: string, prepared: PreparedChange): Promise<void> {
  if (prepared.operations.length > 0) await target.apply({ table, operations: prepared.operations });
  prepared.commit();
}

class Tally {
  readonly #target: LoadTarget;
  readonly #table: LoadedTable;
  #transactions = 0;
  #operations = 0;
  #elements = 0;

  constructor(target: LoadTarget, table: LoadedTable) {
    this.#target = target;
    this.#table = table;
  }

  result(refused: readonly RefusedService[]): Applied {
    return { transactions: this.#transactions, operations: this.#operations, elements: this.#elements, refused };
  }

  async all(changes: readonly PlanChange[], grouped: boolean): Promise<readonly RefusedService[]> {
    const error = await this.#attempt(changes, grouped);
    if (error === undefined) return [];
    await this.#assertTable(error);
    const [only] = changes;
    if (changes.length === 1 && only !== undefined) {
      const last = isTooMuch(error) ? await this.#inPieces(only) : error;
      return last === undefined ? [] : [{ service: only.service, change: only, error: last }];
    }
    const [first, second] = split(changes, error);
    return [...(await this.all(first, false)), ...(await this.all(second, false))];
  }

  async each(changes: readonly PlanChange[]): Promise<readonly RefusedService[]> {
    const refused: RefusedService[] = [];
    for (const change of changes) refused.push(...(await this.all([change], false)));
    return refused;
  }

  async #attempt(changes: readonly PlanChange[], grouped: boolean): Promise<Refusal | undefined> {
    try {
      const prepared = this.#table.model.prepare(changes, { grouped });
      await applyPrepared(this.#target, this.#table.name, prepared);
      this.#count(prepared.operations);
      return undefined;
    } catch (error) {
      if (isRefusal(error)) return error;
      throw error;
    }
  }

  /** In an order in which every part may be seen by packets: endpoints are there before verdicts lead to them. */
  async #inPieces(change: PlanChange): Promise<Refusal | undefined> {
    const prepared = this.#table.model.prepare([change]);
    try {
      for (const operation of prepared.operations.flatMap(pieces)) {
        await this.#target.apply({ table: this.#table.name, operations: [operation] });
        this.#count([operation]);
      }
      prepared.commit();
      return undefined;
    } catch (error) {
      // Part of it took effect: only a new table can be relied on.
      throw new TableLostError(this.#table.name, { cause: error });
    }
  }

  /** Where the table itself is missing, no service is to blame. */
  async #assertTable(cause: Refusal): Promise<void> {
    const chains = await this.#target.listChains();
    if (!chains.some(({ table }) => table === this.#table.name)) throw new TableLostError(this.#table.name, { cause });
  }

  #count(operations: readonly Operation[]): void {
    if (operations.length > 0) this.#transactions += 1;
    this.#operations += operations.length;
    for (const operation of operations) if ('elements' in operation) this.#elements += operation.elements.length;
  }
}

type Refusal = RefusedService['error'];

function isRefusal(error: unknown): error is Refusal {
  return error instanceof NftRefusedError || error instanceof RenderError;
}

function isTooMuch(error: Refusal): boolean {
  return error instanceof NftRefusedError && (error.reason === 'too-long' || error.reason === 'no-buffer');
}

/** The services nft named and the others, the others first; two halves where it named none. */
function split(
  changes: readonly PlanChange[],
  error: Refusal,
): readonly [readonly PlanChange[], readonly PlanChange[]] {
  const owner = error instanceof RenderError ? error.at?.owner : error.owner;
  const guilty = changes.filter(({ service }) => service === owner);
  if (guilty.length > 0 && guilty.length < changes.length) {
    return [changes.filter(({ service }) => service !== owner), guilty];
  }
  const middle = Math.ceil(changes.length / 2);
  return [changes.slice(0, middle), changes.slice(middle)];
}

function pieces(operation: Operation): readonly Operation[] {
  if (!('elements' in operation)) return [operation];
  const all: Operation[] = [];
  for (let start = 0; start < operation.elements.length; start += elementsPerPiece) {
    all.push({ ...operation, elements: operation.elements.slice(start, start + elementsPerPiece) });
  }
  return all;
}
