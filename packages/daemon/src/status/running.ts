import type { Address } from '@nftproxier/core';
import type { Loader } from '@nftproxier/nft';
import type { ClusterState } from '../sync/cluster.js';
import type { Wishes } from '../sync/wishes.js';
import type { SyncHistory } from './history.js';
import type { SourceReport } from './source.js';
import type { ConnectionCounters } from './top.js';

/** A running proxy, as far as its status is read from it. Everything is looked at where it lies; nothing is copied. */
export interface RunningProxy {
  /** Version of nftproxier. */
  readonly version: string;
  /** What it runs on: versions as their makers write them. */
  readonly software: { readonly node: string; readonly nft: string; readonly kernel: string };
  /** Name of the Node it serves. */
  readonly nodeName: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly cluster: () => Pick<ClusterState, 'planner' | 'node'>;
  readonly wishes: () => Wishes;
  readonly loader: Pick<Loader, 'model' | 'tableName' | 'refused'>;
  readonly source: () => SourceReport;
  readonly localAddresses: () => readonly Address[];
  readonly history: SyncHistory;
  readonly counters: ConnectionCounters;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
