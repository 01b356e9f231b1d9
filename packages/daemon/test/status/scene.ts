import { nodeView } from '@nftproxier/core';
import { CounterReader, Loader, NftRefusedError, defaultTableSettings } from '@nftproxier/nft';
import type { Counters, NetworkElements } from '@nftproxier/nft';
import { FakeNft, createFakeLoadTarget } from '@nftproxier/nft/testing';
import type { WatchStatus } from '../../src/reflector/index.js';
import { newCounters } from '../../src/reflector/watch/status.js';
import { SyncHistory } from '../../src/status/history.js';
import type { RunningProxy } from '../../src/status/running.js';
import type { SourceReport } from '../../src/status/source.js';
import { ClusterState } from '../../src/sync/cluster.js';
import type { SyncOutcome } from '../../src/sync/proxy.js';
import { Syncer } from '../../src/sync/syncer.js';

/** When scenes begin: 2026-01-02 03:04:05 UTC. */
export const begin = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A watch that is in sync since `begin`, and has seen nothing go wrong. */
export const watchStatus = (kind: string, objects: number, more: Partial<WatchStatus> = {}): WatchStatus => ({
  kind,
  path: `/${kind}`,
  state: 'watching',
  objects,
  resourceVersion: '1234',
  lastByteAt: begin,
  syncedSince: begin,
  staleSince: undefined,
  ...newCounters(),
  lists: 1,
  watches: 1,
  failures: {},
  lastError: undefined,
  warnings: [],
  ...more,
});

/** A running proxy over the fake nft, whose clock stands still until it is moved. */
export interface Scene {
  readonly proxy: RunningProxy;
  readonly loader: Loader;
  source: SourceReport;
  problem: string | undefined;
  warnings: readonly string[];
  /** nft refuses what is made for these. */
  readonly poison: Set<string>;
  /** Every transaction fails with this. */
  failure: Error | undefined;
  /** What the kernel counts, by a frontend or endpoint such as `10.96.0.1 tcp 80` or `tcp 30080`. */
  readonly packets: Map<string, number>;
  /** Reads every counter once. */
  count(): Promise<void>;
  pass(milliseconds: number): void;
  set(kind: 'Service' | 'EndpointSlice' | 'Node', ...objects: readonly object[]): void;
  remove(kind: 'Service' | 'EndpointSlice', ...objects: readonly object[]): void;
  /** Runs a sync that takes so long, and tells the history of it. */
  sync(milliseconds?: number): Promise<SyncOutcome>;
}

/** A cluster without objects; nothing is synced yet. */
export function createScene(counters: Counters = 'off'): Scene {
  let now = begin;
  const clock = { now: () => now };
  const inner = createFakeLoadTarget(new FakeNft());
  const loader = new Loader({
    ...inner,
    async apply(transaction) {
      if (scene.failure !== undefined) throw scene.failure;
      const bad = transaction.operations.find(
        (operation) => 'owner' in operation && operation.owner !== undefined && scene.poison.has(operation.owner),
      );
      if (bad !== undefined && 'owner' in bad && bad.owner !== undefined) throw refusal(bad.owner);
      await inner.apply(transaction);
    },
  });
  const cluster = new ClusterState(nodeView('node-a'));
  const settings = { ...defaultTableSettings, counters, lookups: 'once' } as const;
  const network: NetworkElements = { nodePortAddresses: [], serviceCIDRs: [] };
  const syncer = new Syncer({
    cluster,
    loader,
    required: ['Service', 'EndpointSlice'],
    wishes: () => ({ settings, network }),
    onDiagnostic: () => undefined,
    elapsed: clock.now,
  });
  for (const kind of ['Service', 'EndpointSlice'] as const) cluster.apply({ kind, type: 'replace', objects: [] });
  const history = new SyncHistory({ loader, startTime: begin, now: clock.now });
  const change = (kind: 'Service' | 'EndpointSlice' | 'Node', type: 'set' | 'delete', objects: readonly object[]) => {
    cluster.apply({ kind, type: 'delta', events: objects.map((object) => ({ type, object })) });
  };
  const packets = new Map<string, number>();
  const listElements = (_: string, set: string) =>
    Promise.resolve(
      [...(loader.model?.counted.get(set) ?? [])].map(([key]) => ({
        key: key.split(' ').map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
        packets: packets.get(key) ?? 0,
      })),
    );
  const reader = new CounterReader({ table: loader, listElements, now: clock.now });
  const scene: Scene = {
    packets,
    count: () => reader.readAll(),
    loader,
    source: { kind: 'manifests', directory: 'shop', failures: 0 },
    problem: undefined,
    warnings: [],
    poison: new Set(),
    failure: undefined,
    proxy: {
      version: '0.1.0',
      software: { node: 'v24.0.0', nft: '1.0.6', kernel: '6.12.0' },
      nodeName: 'node-a',
      startTime: begin,
      cluster: () => cluster,
      wishes: () => ({
        view: nodeView('node-a'),
        settings,
        network,
        warnings: scene.warnings,
        problem: scene.problem,
      }),
      loader,
      source: () => scene.source,
      localAddresses: () => [],
      history,
      counters: { kind: counters, period: 30_000, reader },
      now: clock.now,
    },
    pass(milliseconds) {
      now += milliseconds;
    },
    set(kind, ...objects) {
      change(kind, 'set', objects);
    },
    remove(kind, ...objects) {
      change(kind, 'delete', objects);
    },
    async sync(milliseconds = 3) {
      const outcome = await syncer.sync().then(
        (report): SyncOutcome => ({ ok: true, report: report!, milliseconds }),
        (error: unknown): SyncOutcome => ({ ok: false, error, milliseconds }),
      );
      now += milliseconds;
      history.synced(outcome);
      return outcome;
    },
  };
  return scene;
}

function refusal(owner: string): NftRefusedError {
  const message = 'Could not process rule: Device or resource busy';
  return new NftRefusedError([{ reason: 'busy', message, at: { operation: 0, owner } }]);
}
