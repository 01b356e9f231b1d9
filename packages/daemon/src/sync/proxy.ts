import type { Address, Diagnostic, Family, Node } from '@nftproxier/core';
import { withPauses } from '@nftproxier/nft';
import type { Loader, Pause } from '@nftproxier/nft';
import type { Logger } from 'pino';
import type { Configuration } from '../config/index.js';
import type { Batch, ObjectKind, Source } from '../sources/source.js';
import type { Clock } from './clock.js';
import { ClusterState } from './cluster.js';
import { createSchedule } from './schedule.js';
import type { Schedule } from './schedule.js';
import { Syncer } from './syncer.js';
import type { ServedChange, SyncReport } from './syncer.js';
import { Turns } from './turns.js';
import { wishesOf } from './wishes.js';
import type { Wishes } from './wishes.js';

/** Everything a {@link Proxy} is made of. */
export interface ProxyOptions {
  /** The configuration in force. */
  readonly configuration: () => Configuration;
  readonly nodeName: string;
  readonly families: readonly Family[];
  /** The kernel's release; without it the rules are right on any. */
  readonly kernel?: string;
  readonly source: Source;
  /** Kinds that the source delivers and that must be complete before anything is written. */
  readonly required: readonly ObjectKind[];
  readonly loader: Loader;
  readonly log: Logger;
  readonly clock: Clock;
  /** While a large cluster is taken in, planned and told of; without it each is done in one go. */
  readonly pause?: Pause;
  /** Addresses of this machine's interfaces, as of now. */
  readonly localAddresses: () => readonly Address[];
  /** Looks after the table beside what syncs write. */
  readonly guard?: SyncGuard;
  /** Whether nft and the kernel work, with one short process: asked after a failed sync, before another is begun. */
  readonly probe?: () => Promise<void>;
  /** Told of what happens. */
  readonly observer?: ProxyObserver;
}

/** Puts right what others did to the table. */
export interface SyncGuard {
  /** Part of each sync, before anything else is done: a guard may use the loader then, and in {@link Proxy.between}. */
  readonly beforeSync: () => Promise<void>;
}

/** Follows a proxy: for health, metrics, connection tracking and events. Must not throw. */
export interface ProxyObserver {
  /** Something came that a sync must write. */
  readonly queued?: () => void;
  /** A sync begins: what came until now is what it writes. */
  readonly began?: () => void;
  /** The kernel serves a Service differently: told of each that a sync changed, before its end. */
  readonly served?: (change: ServedChange) => void;
  /** A sync ended. The next one waits for what it returns. */
  readonly synced?: (outcome: SyncOutcome) => Promise<void> | void;
  /** The Node, or what the configuration makes of it, may be another one. */
  readonly reconsidered?: (node: Node | undefined, wishes: Wishes) => void;
  readonly diagnosed?: (diagnostic: Diagnostic) => void;
  /** Something that was put off is still to be done; it is tried again after the next change. */
  readonly choreFailed?: (chore: Chore) => void;
}

/** How a sync ended. */
export type SyncOutcome =
  | { readonly ok: true; readonly report: SyncReport; readonly milliseconds: number }
  | { readonly ok: false; readonly error: unknown; readonly milliseconds: number };

/** Pause after the first failed sync, in milliseconds; it grows. */
const retryPeriod = 500;

/**
 * Longest pause between attempts, in milliseconds, where `syncPeriod` does not ask for a shorter one. Each begins with one
 * process of nft, and ends with it while nft does not work: in a minute they are less than 20, and what was repaired is
 * used within 5 seconds.
 */
const longestRetryPeriod = 4_000;

/** What is done some time after a sync, as part of another one: nothing may use the loader beside a sync. */
export type Chore = 'delete stale chains' | 'retry refused services';

/** When chores are due, in milliseconds. */
const choreDelays: Readonly<Record<Chore, number>> = {
  // Kernels before 6.2 need some time to notice that no element leads to a chain any more.
  'delete stale chains': 1_500,
  // A service that changes is tried at once; this is for reasons that lie elsewhere.
  'retry refused services': 60_000,
};

/** The service proxy of one node: from a source's objects to the kernel's table, until it is stopped. */
export class Proxy {
  readonly #options: ProxyOptions;
  readonly #cluster: ClusterState;
  readonly #syncer: Syncer;
  readonly #schedule: Schedule;
  readonly #turns = new Turns();
  #wishes: Wishes;
  #warnings = '';
  #synced = false;
  #hasFailed = false;
  readonly #timers = new Map<Chore, () => void>();
  readonly #due = new Set<Chore>();

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#wishes = this.#look(undefined);
    this.#cluster = new ClusterState(this.#wishes.view);
    this.#syncer = new Syncer({
      cluster: this.#cluster,
      loader: options.loader,
      required: options.required,
      wishes: () => this.#wishes,
      pause: options.pause,
      onDiagnostic: (diagnostic) => {
        this.#warn(diagnostic);
      },
    });
    this.#schedule = createSchedule({
      run: () => this.#turns.take(() => this.#sync()),
      minPeriod: () => options.configuration().nftables.minSyncPeriod,
      retryPeriod,
      maxRetryPeriod: () => Math.min(longestRetryPeriod, options.configuration().nftables.syncPeriod),
      clock: options.clock,
    });
  }

  /** What is known of the cluster. */
  get cluster(): ClusterState {
    return this.#cluster;
  }

  /** What the node and the cluster ask of the table. */
  get wishes(): Wishes {
    return this.#wishes;
  }

  /** Whether the last sync failed: it is tried again. */
  get isFailing(): boolean {
    return this.#hasFailed;
  }

  /** Begins to read the source and to write the table. */
  async start(): Promise<void> {
    await this.#options.source.start((batch) => this.#take(batch));
  }

  /** To be called when the machine's addresses changed. */
  addressesChanged(): void {
    this.#reconsider();
    this.#request();
  }

  /** To be called when the table needs the guard: a sync follows at once. */
  attend(): void {
    this.#schedule.requestNow();
  }

  /** Runs work that uses the loader while no sync does. Syncs wait for it: it must be short. */
  between<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(work);
  }

  /** Ends, after a sync that is under way. The table stays in the kernel and goes on serving. */
  async stop(): Promise<void> {
    for (const cancel of this.#timers.values()) cancel();
    await this.#options.source.stop();
    await this.#schedule.stop();
  }

  async #take(batch: Batch): Promise<void> {
    await withPauses(this.#cluster.applying(batch), this.#options.pause);
    if (batch.kind === 'Node' || batch.kind === 'ServiceCIDR') this.#reconsider();
    this.#request();
  }

  /** Nothing is queued before everything required was read: until then there is nothing that could be late. */
  #request(): void {
    if (!this.#syncer.isReady) return;
    this.#options.observer?.queued?.();
    this.#schedule.request();
  }

  #reconsider(): void {
    this.#wishes = this.#look(this.#cluster);
    this.#cluster.planner.setNode(this.#wishes.view);
    this.#options.observer?.reconsidered?.(this.#cluster.node, this.#wishes);
    const warnings = this.#wishes.warnings.join('\n');
    if (warnings === this.#warnings || !this.#syncer.isReady) return;
    this.#warnings = warnings;
    for (const warning of this.#wishes.warnings) this.#options.log.warn(warning);
  }

  #look(cluster: ClusterState | undefined): Wishes {
    const { configuration, nodeName, families, kernel, localAddresses } = this.#options;
    return wishesOf(configuration(), {
      nodeName,
      families,
      node: cluster?.node,
      serviceCIDRs: cluster?.serviceCIDRs ?? [],
      localAddresses: localAddresses(),
      kernel,
    });
  }

  async #sync(): Promise<boolean> {
    const { log, clock, observer } = this.#options;
    const start = clock.now();
    try {
      if (!this.#syncer.isReady) return true;
      if (this.#hasFailed) await this.#options.probe?.();
      if (!this.#synced) this.#reconsider();
      if (this.#wishes.problem !== undefined) throw new Error(this.#wishes.problem);
      if (this.#due.delete('retry refused services')) this.#syncer.retryRefused();
      observer?.began?.();
      await this.#options.guard?.beforeSync();
      const report = await this.#syncer.sync();
      if (report === undefined) return true;
      const milliseconds = clock.now() - start;
      this.#hasFailed = false;
      this.#logReport(report, milliseconds);
      await withPauses(this.#telling(report), this.#options.pause);
      await observer?.synced?.({ ok: true, report, milliseconds });
      await this.#doChores();
      this.#planChores();
      return true;
    } catch (error) {
      this.#hasFailed = true;
      log.error({ err: error }, 'the rules could not be written; what was there stays in force, and it is tried again');
      await observer?.synced?.({ ok: false, error, milliseconds: clock.now() - start });
      return false;
    }
  }

  *#telling({ changes }: SyncReport): Generator<undefined, void> {
    const { served } = this.#options.observer ?? {};
    if (served === undefined) return;
    for (const [index, change] of changes.entries()) {
      if (index > 0) yield;
      served(change);
    }
  }

  #logReport({ kind, changes, applied }: SyncReport, milliseconds: number): void {
    const { log, loader } = this.#options;
    const { transactions, operations, elements, refused } = applied;
    const facts = { kind, services: changes.length, transactions, operations, elements, milliseconds };
    if (kind === 'replace') {
      const { services, servicePorts, slots } = loader.model?.counts ?? {};
      log.info(
        { table: loader.tableName, services, servicePorts, slots, elements, milliseconds },
        this.#synced ? 'table replaced' : 'table loaded, serving',
      );
      this.#synced = true;
    } else log.debug(facts, 'synced');
    for (const { service, error } of refused) {
      log.error(
        { service, err: error },
        'a service was refused and set aside; what it had stays in force, all others are served',
      );
    }
  }

  #warn(diagnostic: Diagnostic): void {
    const { kind, namespace, name, field, code, message } = diagnostic;
    this.#options.observer?.diagnosed?.(diagnostic);
    this.#options.log.warn({ kind, namespace, name, field, code }, message);
  }

  #planChores(): void {
    const { loader } = this.#options;
    if (loader.model?.hasStaleChains === true) this.#later('delete stale chains');
    if (loader.refused.size > 0) this.#later('retry refused services');
  }

  #later(chore: Chore): void {
    if (this.#timers.has(chore)) return;
    const cancel = this.#options.clock.after(choreDelays[chore], () => {
      this.#timers.delete(chore);
      this.#due.add(chore);
      this.#schedule.request();
    });
    this.#timers.set(chore, cancel);
  }

  async #doChores(): Promise<void> {
    const { loader, observer } = this.#options;
    if (this.#due.delete('delete stale chains') && !(await loader.deleteStaleChains()))
      observer?.choreFailed?.('delete stale chains');
  }
}
