import type { PlanChange, ServiceKey, ServicePlan } from '@nftproxier/core';
import { activationOperations, baseChains } from '../ruleset/skeleton.js';
import type { NetworkElements, TableSettings } from '../ruleset/settings.js';
import { TableModel } from '../table/model.js';
import { withPauses } from '../table/steps.js';
import type { Pause } from '../table/steps.js';
import { applyChanges, applyPrepared, countOf, isRefusal } from './apply.js';
import type { Applied, ApplyOptions, LoadedTable, RefusedService } from './apply.js';
import { batchesOf } from './batches.js';
import { carryClients } from './carry.js';
import { allLoadProtections } from './protections.js';
import type { LoadProtections } from './protections.js';
import { emptyTable, otherTable, servingTable, tableNames } from './tables.js';
import type { TableName } from './tables.js';
import { TableLostError } from './target.js';
import type { LoadTarget } from './target.js';

/** Everything a table is loaded with. */
export interface DesiredTable {
  /** What the fixed part is made from; it stays as it is until the table is replaced. */
  readonly settings: TableSettings;
  /** The node's addresses for node ports and the cluster's IP ranges. */
  readonly network: NetworkElements;
  /** Of all Services, each once; read one by one, in batches. */
  readonly plans: Iterable<ServicePlan>;
}

/** How a loader works. */
export interface LoaderOptions extends Partial<LoadProtections> {
  /** Called after each Service that is worked out; without it a transaction's worth of them are worked out in one go. */
  readonly pause?: Pause;
}

/** What was done to put a table into service. */
export interface Replaced extends Applied {
  /**
   * Whether a table of ours was in service until then, and was what it should have been. If not, connections may have begun
   * that nobody translated: their first packets would keep missing the rules ({@link ConntrackCleaner.interrupted}).
   */
  readonly wasInService: boolean;
}

/**
 * Keeps a table in the kernel as plans say.
 *
 * Guarantees:
 * - {@link Loader.replace} leaves no moment in which packets meet no table: the new one is filled beside the old one, put
 *   into service, and only then is the old one deleted. Whatever fails before that leaves the old one serving.
 * - {@link Loader.apply} is one transaction; its cost depends on the services that change, not on how many there are.
 * - A service that nft refuses keeps what it had, without what is another's now, and is listed in {@link Loader.refused};
 *   all others are applied.
 * - If it cannot be known what the kernel holds (nft was killed, the table is gone), `apply` rejects with
 *   {@link TableLostError} until the next `replace`.
 *
 * Calls must not overlap.
 */
export class Loader {
  readonly #target: LoadTarget;
  readonly #protections: LoadProtections;
  readonly #pause: Pause | undefined;
  readonly #refused = new Map<ServiceKey, RefusedService>();
  #table: (LoadedTable & { readonly name: TableName }) | undefined;
  #inKernel: TableName | undefined;
  #isKernelKnown = false;
  #isDoubted = false;
  /** Which table was in service until it was deleted, as far as that is known. */
  #gone: TableName | undefined;
  /** What was listed last, as long as nothing has been written since. */
  #seen: { readonly serving: TableName | undefined } | undefined;

  /** Protections are for tests, which switch some off. */
  constructor(target: LoadTarget, { pause, ...protections }: LoaderOptions = {}) {
    this.#target = target;
    this.#pause = pause;
    this.#protections = { ...allLoadProtections, ...protections };
  }

  /** The model of the table in service; undefined before the first load and after the table was lost. */
  get model(): TableModel | undefined {
    return this.#table?.model;
  }

  /** The name of the table in service. */
  get tableName(): TableName | undefined {
    return this.#table?.name;
  }

  /** Services whose latest change was refused, with the reason. */
  get refused(): ReadonlyMap<ServiceKey, RefusedService> {
    return this.#refused;
  }

  /** Loads a table beside the one in service, whoever loaded that, and lets it take over. */
  async replace({ settings, network, plans }: DesiredTable): Promise<Replaced> {
    const batches = batchesOf(plans);
    const first = batches.next().value ?? [];
    const second = batches.next().value;
    const gone = this.#gone;
    this.#gone = undefined;
    if (gone !== undefined && second === undefined) {
      const replaced = await this.#atOnce(gone, { settings, network }, first);
      if (replaced !== undefined) return replaced;
    }
    const old = await this.#findTable();
    const name = old === undefined ? tableNames[0] : otherTable(old);
    if (old === undefined && second === undefined) {
      const replaced = await this.#atOnce(name, { settings, network }, first);
      if (replaced !== undefined) return replaced;
    }
    const table = { name, model: new TableModel(settings) };
    const elements = table.model.prepareNetwork(network);
    await this.#target.apply({ table: name, operations: [...emptyTable(settings), ...elements.operations] });
    elements.commit();
    const applied = await this.#fill(table, [first, ...(second === undefined ? [] : [second])], batches);

    this.#table = undefined;
    if (old !== undefined) await carryClients(this.#target, { from: old, to: table });
    await this.#target.apply({ table: name, operations: activationOperations(settings) });
    this.#inKernel = name;
    if (old !== undefined) {
      // The old table still decides for new clients. Those that came while the others were carried over follow now.
      await carryClients(this.#target, { from: old, to: table });
      await this.#target.apply({ table: old, operations: [{ op: 'delete-table' }] });
    }
    return this.#serves(table, applied, old);
  }

  /** Brings changed plans into the table in service. */
  async apply(changes: readonly PlanChange[]): Promise<Applied> {
    const table = this.#serving();
    const again = changes.filter(({ service }) => this.#refused.delete(service));
    const options = { mostRefused: mostNewlyRefused + again.length, ...this.#how };
    return this.#note(await this.#known(() => applyChanges(this.#target, table, changes, options)));
  }

  /** Brings changed addresses for node ports and changed IP ranges of the cluster into the table in service. */
  async applyNetwork(network: NetworkElements): Promise<void> {
    const table = this.#serving();
    await this.#known(() => applyPrepared(this.#target, table.name, table.model.prepareNetwork(network)));
  }

  /** Tries refused services again. */
  async retryRefused(): Promise<Applied> {
    return this.apply([...this.#refused.values()].map(({ change }) => change));
  }

  /**
   * Deletes chains that earlier changes emptied; to be called a second or more after them. False if they are still
   * there, which is not worth an error: kernels before 6.2 may need longer.
   */
  async deleteStaleChains(): Promise<boolean> {
    const table = this.#table;
    if (table?.model.hasStaleChains !== true) return true;
    return applyPrepared(this.#target, table.name, table.model.prepareCleanup()).then(
      () => true,
      () => false,
    );
  }

  /** Deletes every table of ours. */
  async remove(): Promise<void> {
    this.#table = undefined;
    for (const name of tableNames) {
      await this.#target.apply({ table: name, operations: [{ op: 'add-table' }, { op: 'delete-table' }] });
    }
    this.#inKernel = undefined;
    this.#isKernelKnown = true;
  }

  /**
   * Whether the table that was loaded last is still in service: whether all of its base chains are where they were put.
   * Reads no elements; 4 ms.
   */
  async isInService(): Promise<boolean> {
    const { name, model } = this.#serving();
    const listed = await this.#target.listChains();
    this.#seen = { serving: servingTable(listed) };
    const own = listed.filter(({ table }) => table === name);
    const hooks = new Map(own.map(({ name: chain, base }) => [chain, base?.hook]));
    return baseChains(model.settings).every(({ chain }) => hooks.get(chain.name) === chain.base?.hook);
  }

  /** Forgets what is known of the kernel: the next load starts from what is found there. */
  distrust(): void {
    this.#table = undefined;
    this.#isKernelKnown = false;
    this.#isDoubted = true;
  }

  /**
   * The same, where the table in service is known to be gone: a small one is then loaded without looking for it first, in
   * its place. If it was there all the same, it is replaced by that.
   */
  lost(): void {
    this.#gone = this.#table?.name;
    this.distrust();
  }

  /**
   * Loads a small table in one transaction while no packet meets any: every transaction costs a process and a grace period
   * of the kernel, and connections wait. Undefined if it was refused: nothing took effect, and nobody is to blame yet.
   */
  async #atOnce(
    name: TableName,
    { settings, network }: Omit<DesiredTable, 'plans'>,
    changes: readonly PlanChange[],
  ): Promise<Replaced | undefined> {
    const model = new TableModel(settings);
    const elements = model.prepareNetwork(network);
    elements.commit();
    const prepared = await withPauses(model.preparing(changes, { grouped: true }), this.#pause);
    try {
      const all = [...emptyTable(settings), ...elements.operations, ...prepared.operations];
      await this.#target.apply({ table: name, operations: [...all, ...activationOperations(settings)] });
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
    prepared.commit();
    this.#inKernel = name;
    return this.#serves({ name, model }, { ...countOf(prepared.operations), refused: [] }, undefined);
  }

  /** A table has taken over from the old one, or from none. */
  #serves(table: LoadedTable & { readonly name: TableName }, applied: Applied, old: TableName | undefined): Replaced {
    const wasInService = old !== undefined && !this.#isDoubted;
    this.#isDoubted = false;
    this.#table = table;
    this.#refused.clear();
    return { ...this.#note(applied), wasInService };
  }

  async #fill(table: LoadedTable, ...batches: readonly Iterable<readonly PlanChange[]>[]): Promise<Applied> {
    const applied: Applied[] = [];
    for (const some of batches) {
      for (const batch of some) {
        applied.push(await applyChanges(this.#target, table, batch, { grouped: true, ...this.#how }));
      }
    }
    return total(applied);
  }

  get #how(): Pick<ApplyOptions, 'protections' | 'pause'> {
    return { protections: this.#protections, pause: this.#pause };
  }

  /** Which of the tables is in service. One without base chains was never finished, and will be filled anew. */
  async #findTable(): Promise<TableName | undefined> {
    const seen = this.#seen;
    this.#seen = undefined;
    if (this.#isKernelKnown && this.#table !== undefined) return this.#inKernel;
    const { serving } = seen ?? { serving: servingTable(await this.#target.listChains()) };
    this.#isKernelKnown = true;
    this.#inKernel = serving;
    return serving;
  }

  #serving(): LoadedTable {
    this.#seen = undefined;
    if (this.#table === undefined) throw new TableLostError(this.#inKernel ?? tableNames[0]);
    return this.#table;
  }

  /** Anything but a refusal leaves open what the kernel holds, unless nft was not even run. */
  async #known<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isHarmless(error)) this.distrust();
      throw error;
    }
  }

  #note(applied: Applied): Applied {
    for (const refused of applied.refused) this.#refused.set(refused.service, refused);
    return applied;
  }
}

/** Of one sync. Where that many are refused for the first time, a new table shows whether they are to blame. */
const mostNewlyRefused = 64;

function isHarmless(error: unknown): boolean {
  const code = (error as { readonly code?: unknown }).code;
  return code === 'NFT_MISSING' || code === 'NFT_PERMISSION';
}

function total(all: readonly Applied[]): Applied {
  return {
    transactions: all.reduce((sum, { transactions }) => sum + transactions, 0),
    operations: all.reduce((sum, { operations }) => sum + operations, 0),
    elements: all.reduce((sum, { elements }) => sum + elements, 0),
    refused: all.flatMap(({ refused }) => refused),
  };
}
