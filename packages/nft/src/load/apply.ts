import type { PlanChange, ServiceKey } from '@nftproxier/core';
import { RenderError } from '../render/index.js';
import { NftRefusedError } from '../run/error.js';
import type { Operation } from '../syntax/index.js';
import type { PreparedChange, TableModel } from '../table/model.js';
import { withPauses } from '../table/steps.js';
import type { Pause } from '../table/steps.js';
import { allLoadProtections } from './protections.js';
import type { LoadProtections } from './protections.js';
import { layoutChain } from './tables.js';
import { dependentGroups, keptOf } from './release.js';
import type { LoadTarget } from './target.js';
import { TableLostError } from './target.js';

/**
 * A service whose change nft or the kernel refuses. What the table held of it before stays in force, apart from addresses
 * and ports that it no longer asks for, or that are another service's now.
 */
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

/** Elements at once, where the kernel takes only short messages (inside a user namespace). */
const elementsPerPiece = 1_000;

/** A table in the kernel, with the model of what it holds. */
export interface LoadedTable {
  readonly name: string;
  readonly model: TableModel;
}

/** How changes are applied. */
export interface ApplyOptions {
  /** One step per set, instead of one per set and service: faster for many services. */
  readonly grouped?: boolean;
  /** More services than this are not refused for what is in them: something is wrong with the table. */
  readonly mostRefused?: number;
  readonly protections?: LoadProtections;
  /** Between the services that are worked out. */
  readonly pause?: Pause | undefined;
}

/**
 * Applies changes to a table in one transaction. If it is refused, finds the services that are to blame, and applies all
 * others. Who is to blame keeps what the table held of it, apart from addresses and ports that are another's now.
 *
 * @throws {@link TableLostError} if the table itself is at fault, and everything else than a refusal as it comes.
 */
export async function applyChanges(
  target: LoadTarget,
  table: LoadedTable,
  changes: readonly PlanChange[],
  { grouped = false, mostRefused = Infinity, protections = allLoadProtections, pause }: ApplyOptions = {},
): Promise<Applied> {
  const tally = new Tally(target, table, protections, pause);
  const refused = await tally.all(changes, grouped);
  if (refused.length > mostRefused) throw new TableLostError(table.name, { cause: refused[0]?.error });
  return tally.result(refused);
}

/** Applies a prepared change as one transaction. */
export async function applyPrepared(target: LoadTarget, table: string, prepared: PreparedChange): Promise<void> {
  if (prepared.operations.length > 0) await target.apply({ table, operations: prepared.operations });
  prepared.commit();
}

class Tally {
  readonly #target: LoadTarget;
  readonly #table: LoadedTable;
  readonly #protections: LoadProtections;
  readonly #pause: Pause | undefined;
  #transactions = 0;
  #operations = 0;
  #elements = 0;

  constructor(target: LoadTarget, table: LoadedTable, protections: LoadProtections, pause: Pause | undefined) {
    this.#target = target;
    this.#table = table;
    this.#protections = protections;
    this.#pause = pause;
  }

  result(refused: readonly RefusedService[]): Applied {
    return { transactions: this.#transactions, operations: this.#operations, elements: this.#elements, refused };
  }

  async all(changes: readonly PlanChange[], grouped: boolean): Promise<readonly RefusedService[]> {
    const error = await this.#attempt(changes, grouped);
    if (error === undefined) return [];
    if (!this.#protections.findsRefused) throw error;
    await this.#assertTable(error);
    if (changes.length > 1) await this.#assertWorking();
    const heldOf = (service: ServiceKey) =>
      this.#protections.releases ? this.#table.model.planOf(service) : undefined;
    const groups = dependentGroups(changes, heldOf);
    // In groups of elements nft could name no service. One by one it does, which saves halving.
    return grouped ? this.#each(groups) : this.#refused(groups, error);
  }

  async #each(groups: readonly Group[]): Promise<readonly RefusedService[]> {
    if (groups.length === 0) return [];
    const error = await this.#attempt(groups.flat(), false);
    return error === undefined ? [] : this.#refused(groups, error);
  }

  /** Halves what was refused, until it is one group of changes. */
  async #refused(groups: readonly Group[], error: Refusal): Promise<readonly RefusedService[]> {
    const [group] = groups;
    if (groups.length > 1 || group === undefined) {
      const [first, second] = split(groups, error);
      return [...(await this.#each(first)), ...(await this.#each(second))];
    }
    const [only] = group;
    if (group.length === 1 && only !== undefined) return this.#alone(only, error);
    // For some milliseconds nobody has what moves; then no change depends on another.
    await this.#release(group);
    return this.#each(group.map((change) => [change]));
  }

  async #alone(change: PlanChange, error: Refusal): Promise<readonly RefusedService[]> {
    if (isTooMuch(error)) {
      await this.#inPieces(change);
      return [];
    }
    await this.#release([change]);
    return [{ service: change.service, change, error }];
  }

  /** Lets services go of what they no longer ask for. */
  async #release(changes: readonly PlanChange[]): Promise<void> {
    if (!this.#protections.releases) return;
    const kept = changes.map(({ service, plan }) => ({
      service,
      plan: keptOf(this.#table.model.planOf(service), plan),
    }));
    const error = await this.#attempt(kept, false);
    // Nothing was added: what should have been deleted was not there.
    if (error !== undefined) throw new TableLostError(this.#table.name, { cause: error });
  }

  async #attempt(changes: readonly PlanChange[], grouped: boolean): Promise<Refusal | undefined> {
    try {
      const prepared = await withPauses(this.#table.model.preparing(changes, { grouped }), this.#pause);
      await applyPrepared(this.#target, this.#table.name, prepared);
      this.#count(prepared.operations);
      return undefined;
    } catch (error) {
      if (isRefusal(error)) return error;
      throw error;
    }
  }

  /** In an order in which every part may be seen by packets: endpoints are there before verdicts lead to them. */
  async #inPieces(change: PlanChange): Promise<void> {
    const prepared = this.#table.model.prepare([change]);
    try {
      for (const operation of prepared.operations.flatMap(pieces)) {
        await this.#target.apply({ table: this.#table.name, operations: [operation] });
        this.#count([operation]);
      }
      prepared.commit();
    } catch (error) {
      // Part of it took effect: only a new table can be relied on.
      throw new TableLostError(this.#table.name, { cause: error });
    }
  }

  /** Where the table itself is missing, no service is to blame. */
  async #assertTable(cause: Refusal): Promise<void> {
    const { name } = this.#table;
    const chains = await this.#target.listChains();
    if (!chains.some(({ table }) => table === name)) throw new TableLostError(name, { cause });
  }

  /** Where nft refuses whatever it is given, looking for the service to blame would start it again and again. */
  async #assertWorking(): Promise<void> {
    const noChange = { op: 'add-chain', chain: { name: layoutChain } } as const;
    await this.#target.apply({ table: this.#table.name, operations: [noChange] });
  }

  #count(operations: readonly Operation[]): void {
    const count = countOf(operations);
    this.#transactions += count.transactions;
    this.#operations += count.operations;
    this.#elements += count.elements;
  }
}

/** What one transaction of these operations adds to {@link Applied}. */
export function countOf(operations: readonly Operation[]): Omit<Applied, 'refused'> {
  let elements = 0;
  for (const operation of operations) if ('elements' in operation) elements += operation.elements.length;
  return { transactions: operations.length > 0 ? 1 : 0, operations: operations.length, elements };
}

type Refusal = RefusedService['error'];

/** Whether nothing took effect because of what was asked for. */
export function isRefusal(error: unknown): error is Refusal {
  return error instanceof NftRefusedError || error instanceof RenderError;
}

function isTooMuch(error: Refusal): boolean {
  return error instanceof NftRefusedError && (error.reason === 'too-long' || error.reason === 'no-buffer');
}

/** Changes that depend on each other. */
type Group = readonly PlanChange[];

/** Groups of which nft named a service, and the others, the others first; two halves where it named none, or all. */
function split(groups: readonly Group[], error: Refusal): readonly [readonly Group[], readonly Group[]] {
  const named = namedBy(error);
  const isNamed = (group: Group): boolean => group.some(({ service }) => named.has(service));
  const guilty = groups.filter(isNamed);
  if (guilty.length > 0 && guilty.length < groups.length) {
    return [groups.filter((group) => !isNamed(group)), guilty];
  }
  const middle = Math.ceil(groups.length / 2);
  return [groups.slice(0, middle), groups.slice(middle)];
}

function namedBy(error: Refusal): ReadonlySet<string | undefined> {
  if (error instanceof RenderError) return new Set([error.at?.owner]);
  return new Set(error.refusals.map(({ at }) => at?.owner));
}

function pieces(operation: Operation): readonly Operation[] {
  if (!('elements' in operation)) return [operation];
  const all: Operation[] = [];
  for (let start = 0; start < operation.elements.length; start += elementsPerPiece) {
    all.push({ ...operation, elements: operation.elements.slice(start, start + elementsPerPiece) });
  }
  return all;
}
