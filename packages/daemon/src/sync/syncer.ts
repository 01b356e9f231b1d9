import type { Diagnostic, PlanChange, ServiceKey, ServicePlan } from '@nftproxier/core';
import { TableLostError } from '@nftproxier/nft';
import type { Applied, Loader, NetworkElements, Pause, TableSettings } from '@nftproxier/nft';
import type { ObjectKind } from '../sources/source.js';
import type { ClusterState } from './cluster.js';

/** A Service as the kernel served it, and as it serves it now; undefined where it was not there, or is not any more. */
export interface ServedChange {
  readonly service: ServiceKey;
  readonly before: ServicePlan | undefined;
  readonly after: ServicePlan | undefined;
}

/** What a sync did. */
export interface SyncReport {
  /** `replace`: the whole table was loaded beside the old one. */
  readonly kind: 'replace' | 'change' | 'nothing';
  readonly changes: readonly ServedChange[];
  readonly applied: Applied;
  /** Milliseconds that it took to decide and to write. */
  readonly phases: { readonly [phase in SyncPhase]: number };
  /** There may be connections that began while no rules were in force, and that nobody translated. */
  readonly interrupted: boolean;
  /** The node's addresses for node ports, or the cluster's IP ranges, are others. */
  readonly network: boolean;
}

/** `plan`: from objects to plans. `write`: from plans to what the kernel holds. */
export type SyncPhase = 'plan' | 'write';

/** What a table is to be like, apart from Services. */
export interface TableWishes {
  readonly settings: TableSettings;
  readonly network: NetworkElements;
}

/** What a {@link Syncer} needs. */
export interface SyncerOptions {
  readonly cluster: ClusterState;
  readonly loader: Loader;
  /** Kinds that must have been read completely before anything is written. */
  readonly required: readonly ObjectKind[];
  /** What the node's and cluster's state asks of the table; called at each sync, cheap. */
  readonly wishes: () => TableWishes;
  /** Between portions of Services that are planned; without it all are planned in one go. */
  readonly pause?: Pause | undefined;
  /** Told of problems in objects as they appear. */
  readonly onDiagnostic: (diagnostic: Diagnostic) => void;
  /** Milliseconds on a clock that never jumps; that of this process if not given. */
  readonly elapsed?: () => number;
}

/**
 * Brings the kernel in line with the cluster, one sync at a time.
 *
 * Guarantees: nothing is written before all required kinds have been read; a change that could not be written is part of
 * the next sync; a table that was lost is loaded anew in the same sync.
 */
export class Syncer {
  readonly #options: SyncerOptions;
  readonly #pending = new Map<ServiceKey, ServedChange>();
  readonly #reported = new Map<ServiceKey, string>();

  constructor(options: SyncerOptions) {
    this.#options = options;
  }

  /** Whether everything required has been read. */
  get isReady(): boolean {
    return this.#options.cluster.isComplete(this.#options.required);
  }

  /** Runs one sync. Undefined if not everything required has been read yet. */
  async sync(): Promise<SyncReport | undefined> {
    if (!this.isReady) return undefined;
    const { elapsed = () => performance.now() } = this.#options;
    const start = elapsed();
    await this.#plan();
    const wishes = this.#options.wishes();
    const changes = [...this.#pending.values()];
    const planned = elapsed();
    const written = await this.#writeOrReplace(changes, wishes);
    this.#pending.clear();
    const phases = { plan: planned - start, write: elapsed() - planned };
    return { ...written, changes: this.#asServed(changes), phases };
  }

  /** Makes Services that were refused part of the next sync, as they are now. */
  retryRefused(): void {
    const { loader, cluster } = this.#options;
    for (const service of loader.refused.keys()) this.#take({ service, plan: cluster.planner.plans.get(service) });
  }

  async #writeOrReplace(changes: readonly ServedChange[], wishes: TableWishes): Promise<Written> {
    try {
      return await this.#write(changes, wishes);
    } catch (error) {
      if (!(error instanceof TableLostError)) throw error;
      return this.#replace(changes, wishes);
    }
  }

  /** Of a Service that was refused the kernel serves what it kept. */
  #asServed(changes: readonly ServedChange[]): readonly ServedChange[] {
    const { loader } = this.#options;
    if (loader.refused.size === 0) return changes;
    return changes.map((change) =>
      loader.refused.has(change.service) ? { ...change, after: loader.model?.planOf(change.service) } : change,
    );
  }

  async #plan(): Promise<void> {
    const { cluster, pause } = this.#options;
    const { planner } = cluster;
    do {
      for (const change of planner.takeChanges(pause && plannedAtOnce)) this.#take(change);
      if (planner.pending) await pause?.();
    } while (planner.pending);
  }

  async #write(changes: readonly ServedChange[], wishes: TableWishes): Promise<Written> {
    const { loader } = this.#options;
    const loaded = loader.model;
    if (loaded === undefined || isOther(loaded.settings, wishes.settings)) return this.#replace(changes, wishes);
    const network = isOther(loaded.network, wishes.network);
    const done = { changes, interrupted: false, network } as const;
    if (network) await loader.applyNetwork(wishes.network);
    else if (changes.length === 0) return { kind: 'nothing', applied: nothing, ...done };
    return { kind: 'change', applied: await loader.apply(changes.map(asPlanChange)), ...done };
  }

  async #replace(changes: readonly ServedChange[], wishes: TableWishes): Promise<Written> {
    const plans = this.#options.cluster.planner.plans.values();
    const applied = await this.#options.loader.replace({ ...wishes, plans });
    return { kind: 'replace', changes, applied, interrupted: !applied.wasInService, network: true };
  }

  #take({ service, plan }: PlanChange): void {
    // What the kernel served is what the table's model holds, also where earlier changes were not written.
    const before = this.#options.loader.model?.planOf(service);
    this.#pending.set(service, { service, before, after: plan });
    this.#report(service, plan?.diagnostics ?? []);
  }

  /** Tells of diagnostics when they differ from those last told of. */
  #report(service: ServiceKey, diagnostics: readonly Diagnostic[]): void {
    const text = diagnostics.length === 0 ? undefined : JSON.stringify(diagnostics);
    if (this.#reported.get(service) === text) return;
    if (text === undefined) this.#reported.delete(service);
    else this.#reported.set(service, text);
    for (const diagnostic of diagnostics) this.#options.onDiagnostic(diagnostic);
  }
}

type Written = Omit<SyncReport, 'phases'>;

/** Services planned before others may have their turn: a millisecond or two. */
const plannedAtOnce = 50;

const nothing: Applied = { transactions: 0, operations: 0, elements: 0, refused: [] };

function asPlanChange({ service, after }: ServedChange): PlanChange {
  return { service, plan: after };
}

function isOther(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}
