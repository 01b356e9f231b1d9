import type { NetworkElements, TableCounts, TableSettings } from '@nftproxier/nft';
import type { DiagnosticsReport } from './diagnostics.js';
import type { SyncRecord, SyncTotals } from './history.js';
import { summarise } from './latency.js';
import type { LatencySummary } from './latency.js';
import { problemsOf } from './problems.js';
import type { NodeState, Problem } from './problems.js';
import type { RunningProxy } from './running.js';
import { quarantinedOf } from './services.js';
import type { Quarantined } from './services.js';
import type { SourceReport } from './source.js';

/** What a running nftproxier tells of itself. Times are milliseconds since 1970, durations milliseconds. */
export interface Status {
  /** Version of nftproxier. */
  readonly version: string;
  /** Name of the Node it serves. */
  readonly node: string;
  readonly state: NodeState;
  /** Why it is in this state; the worst first. */
  readonly problems: readonly Problem[];
  readonly startTime: number;
  readonly now: number;
  readonly software: RunningProxy['software'];
  /** The table in the kernel; absent before the first load. */
  readonly table?: TableCounts & { readonly name: string };
  readonly settings: TableSettings;
  /** At most 100 of each. */
  readonly network: NetworkElements;
  readonly source: SourceReport;
  readonly syncs: SyncsStatus;
  /** Services that were refused, at most 100 of them. */
  readonly quarantine: { readonly total: number; readonly services: readonly Quarantined[] };
  readonly diagnostics: DiagnosticsReport;
}

/** How syncs went. */
export interface SyncsStatus extends SyncTotals {
  /** Absent before the first. */
  readonly lastSuccess?: number;
  /** Of the latest syncs that succeeded, at most 240. */
  readonly duration: LatencySummary;
  /** From a change of endpoints, as their controller noted it, to the kernel: of the latest, at most 240. */
  readonly programming: LatencySummary;
  /** The latest 20, the latest first. */
  readonly recent: readonly SyncRecord[];
}

const shown = { recent: 20, network: 100, quarantined: 100 };

/** The status of a running proxy as of now. Its size is bounded, whatever the size of the cluster. */
export function statusOf(proxy: RunningProxy, diagnostics: DiagnosticsReport): Status {
  const { loader, version, nodeName, startTime, software } = proxy;
  const { settings, network } = proxy.wishes();
  const source = proxy.source();
  const now = proxy.now();
  const { state, problems } = problemsOf(proxy, source, now);
  const { model, tableName } = loader;
  return {
    version,
    node: nodeName,
    state,
    problems,
    startTime,
    now,
    software,
    ...(model === undefined || tableName === undefined ? {} : { table: { name: tableName, ...model.counts } }),
    settings,
    network: {
      nodePortAddresses: network.nodePortAddresses.slice(0, shown.network),
      serviceCIDRs: network.serviceCIDRs.slice(0, shown.network),
    },
    source,
    syncs: syncsOf(proxy),
    quarantine: {
      total: loader.refused.size,
      services: [...loader.refused.keys()]
        .slice(0, shown.quarantined)
        .flatMap((service) => quarantinedOf(proxy, service) ?? []),
    },
    diagnostics,
  };
}

function syncsOf({ history }: Pick<RunningProxy, 'history'>): SyncsStatus {
  const { records, programming, totals, lastSuccess } = history;
  return {
    ...totals,
    ...(lastSuccess === undefined ? {} : { lastSuccess }),
    duration: summarise(records.filter(({ ok }) => ok)),
    programming: summarise(programming),
    recent: records.slice(-shown.recent).reverse(),
  };
}
