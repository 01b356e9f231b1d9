import { Loader, expectationsOf, renderTransaction } from '@nftproxier/nft';
import type { LoadTarget, Transaction } from '@nftproxier/nft';
import { nodeName, serviceAt, slicesOf } from '../../bench/cluster/services.mjs';
import type { Change, Cluster } from '../../bench/cluster/changes.mjs';
import { createLog } from '../../packages/daemon/src/commands/log.js';
import { loadConfiguration } from '../../packages/daemon/src/config/index.js';
import { createProxyHealth, createServiceHealth } from '../../packages/daemon/src/health/index.js';
import { createMetrics } from '../../packages/daemon/src/metrics/index.js';
import { healthObserver } from '../../packages/daemon/src/observe/health.js';
import { metricsObserver } from '../../packages/daemon/src/observe/metrics.js';
import { together } from '../../packages/daemon/src/observe/together.js';
import type { Batch, ObjectEvent, Source } from '../../packages/daemon/src/sources/source.js';
import { Proxy } from '../../packages/daemon/src/sync/proxy.js';
import type { SyncReport } from '../../packages/daemon/src/sync/syncer.js';
import { countSteps } from './steps.js';

/** What one change made the daemon do. */
export interface Cost {
  /** Services that were planned again. */
  readonly planned: number;
  readonly transactions: number;
  readonly operations: number;
  /** Elements in those operations, added or deleted. */
  readonly elements: number;
  /** Characters of the scripts for nft. */
  readonly bytes: number;
  /** Entries of maps, sets and arrays that were looked at, all the way from the event to the metrics. */
  readonly steps: number;
}

/** The daemon's parts as `run` connects them, with a kernel that accepts everything and time that stands still. */
export class CountedNode {
  #hand: (batch: Batch) => void | Promise<void> = () => undefined;
  #timers: (() => void)[] = [];
  readonly #transactions: Transaction[] = [];
  #report: SyncReport | undefined;
  #synced: () => void = () => undefined;
  readonly #proxy: Proxy;
  readonly #metrics;

  constructor() {
    const loaded = loadConfiguration({
      argv: ['--cluster-cidr=10.128.0.0/9'],
      readFile: () => '',
      env: {},
    });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const families = ['IPv4'] as const;
    const target: LoadTarget = {
      apply: (transaction) => {
        this.#transactions.push(transaction);
        return Promise.resolve();
      },
      listChains: () => Promise.resolve([]),
      listSets: () => Promise.resolve([]),
      listElements: () => Promise.resolve([]),
    };
    const loader = new Loader(target);
    const health = createProxyHealth({ families, timeout: () => 60_000, clock: { now: () => 0, elapsed: () => 0 } });
    this.#metrics = createMetrics({
      ...{ version: '', nodeVersion: '', platform: '', featureGates: {}, readFile: () => '', startTime: 0 },
    });
    const serviceHealth = createServiceHealth({ isFresh: () => true, failed: () => undefined });
    const cluster = () => this.#proxy.cluster;
    const observer = together([
      healthObserver({ families, health, serviceHealth }),
      metricsObserver({ families, metrics: this.#metrics, loader, cluster, startTime: 0, now: () => 0 }),
      {
        synced: (outcome) => {
          if (!outcome.ok) return;
          expectationsOf(outcome.report.changes);
          this.#report = outcome.report;
          this.#synced();
        },
      },
    ]);
    const source: Source = {
      start: (onBatch) => {
        this.#hand = onBatch;
        return Promise.resolve();
      },
      stop: () => Promise.resolve(),
      status: () => [],
    };
    this.#proxy = new Proxy({
      ...{ configuration: () => loaded.configuration, nodeName, families, source, loader, observer },
      required: ['Service', 'EndpointSlice'],
      log: createLog(loaded.configuration, { out: () => undefined, err: () => undefined }),
      clock: {
        now: () => 0,
        after: (_, callback) => {
          this.#timers.push(callback);
          return () => {
            this.#timers = this.#timers.filter((timer) => timer !== callback);
          };
        },
      },
      localAddresses: () => [],
    });
  }

  async load(cluster: Cluster): Promise<void> {
    await this.#proxy.start();
    const all = [...cluster.services()];
    await this.#hand({ kind: 'Service', type: 'replace', objects: all.map(({ index }) => serviceAt(index)) });
    const slices = all.flatMap(({ index, pods }) => slicesOf(index, pods));
    await this.#hand({ kind: 'EndpointSlice', type: 'replace', objects: slices });
    await this.#sync();
  }

  async cost({ services = [], gone = [], slices = [], goneSlices = [] }: Change): Promise<Cost> {
    this.#transactions.length = 0;
    const set = (object: ObjectEvent['object']): ObjectEvent => ({ type: 'set', object });
    const unset = (object: ObjectEvent['object']): ObjectEvent => ({ type: 'delete', object });
    const ofServices = [...services.map(set), ...gone.map(unset)];
    const ofSlices = [...slices.map(set), ...goneSlices.map(unset)];
    let texts: readonly string[] = [];
    const steps = await countSteps(async () => {
      await this.#hand({ kind: 'Service', type: 'delta', events: ofServices });
      await this.#hand({ kind: 'EndpointSlice', type: 'delta', events: ofSlices });
      await this.#sync();
      texts = this.#transactions.map((transaction) => renderTransaction(transaction).text);
    });
    const operations = this.#transactions.flatMap((transaction) => transaction.operations);
    return {
      planned: this.#report?.changes.length ?? 0,
      transactions: texts.length,
      operations: operations.length,
      elements: operations.reduce((sum, one) => sum + ('elements' in one ? one.elements.length : 0), 0),
      bytes: texts.join('').length,
      steps,
    };
  }

  async close(): Promise<void> {
    await this.#proxy.stop();
    this.#metrics.stop();
  }

  /** Lets the time pass that the sync waits for, and waits for its end. */
  async #sync(): Promise<void> {
    const synced = new Promise<void>((resolve) => {
      this.#synced = resolve;
    });
    const [next] = this.#timers.splice(0);
    next?.();
    await synced;
    // What follows in the same turn belongs to the sync: other observers, chores, and the schedule itself.
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  }
}
