import { ConntrackCleaner, checkConntrack, createConntrack, withPauses } from '@nftproxier/nft';
import type { CleaningReport, Conntrack, Pause } from '@nftproxier/nft';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics/index.js';
import { systemClock } from '../sync/clock.js';
import type { Proxy, ProxyObserver } from '../sync/proxy.js';
import type { SyncReport } from '../sync/syncer.js';
import { isNodePortAddress } from '../sync/wishes.js';
import type { Address } from '@nftproxier/core';

/** What flow cleaning needs. */
export interface FlowCleaningOptions {
  /** `conntrackCleanup`, asked after each sync. */
  readonly isWanted: () => boolean;
  /** Lists and deletes flows; this machine's unless given. */
  readonly conntrack?: Conntrack;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly localAddresses: () => readonly Address[];
  /** While flows are expected of a whole cluster. */
  readonly pause: Pause;
  /** Asked late: the proxy is made with what this returns. */
  readonly proxy: () => Pick<Proxy, 'between' | 'cluster' | 'wishes'>;
}

/** Deletes flows that a sync made stale. */
export interface FlowCleaning {
  readonly observer: ProxyObserver;
  /** The machine has other addresses: flows to node ports there began when they were not open. */
  addressesChanged(): void;
  /** Elements were missing from the table, and have been put back: connections may have begun that nobody translated. */
  interrupted(): void;
  stop(): Promise<void>;
}

/** Starts to clean up after syncs: UDP and SCTP flows that lead to endpoints that are gone, or nowhere. */
export function createFlowCleaning({
  isWanted,
  conntrack = createConntrack(),
  metrics,
  log,
  localAddresses,
  pause,
  proxy,
}: FlowCleaningOptions): FlowCleaning {
  // Without the tool services work; only flows to endpoints that are gone stay until they time out.
  if (isWanted())
    checkConntrack(conntrack).catch((error: unknown) => {
      log.warn({ err: error }, 'stale UDP flows are not cleaned up; install conntrack 1.4.7 or later');
    });
  const cleaner = new ConntrackCleaner({
    conntrack,
    clock: systemClock,
    isNodePortAddress: (address) => isNodePortAddress(proxy().wishes, localAddresses(), address),
    onReport: (report) => {
      record(report, metrics, log);
    },
  });
  /** In turns: the plans are those of a whole cluster. */
  const starting = (): Promise<void> => {
    const { planner, serviceCIDRs } = proxy().cluster;
    return withPauses(cleaner.starting(planner.plans.values(), serviceCIDRs), pause);
  };
  const interrupting = (): Promise<void> => {
    const { planner, serviceCIDRs } = proxy().cluster;
    return withPauses(cleaner.interrupting(planner.plans.values(), serviceCIDRs), pause);
  };
  /** While no sync changes what is expected. */
  const betweenSyncs = (work: () => Promise<void>): void => {
    if (isWanted()) void proxy().between(work);
  };
  const clean = async ({ kind, changes, interrupted, network }: SyncReport): Promise<void> => {
    if (interrupted) await interrupting();
    // Of a table that was loaded anew, or addresses that are new, it is not known what flows there were before.
    else if (kind === 'replace' || network) await starting();
    else cleaner.changed(changes);
  };
  return {
    observer: {
      synced: async (outcome) => {
        if (outcome.ok && isWanted()) await clean(outcome.report);
      },
    },
    addressesChanged() {
      betweenSyncs(starting);
    },
    interrupted() {
      betweenSyncs(interrupting);
    },
    stop: () => cleaner.stop(),
  };
}

function record({ cleaned, ms, error, isRepeated }: CleaningReport, metrics: Metrics, log: Logger): void {
  for (const ip_family of ['IPv4', 'IPv6'] as const) {
    metrics.observe('kubeproxy_conntrack_reconciler_sync_duration_seconds', ms / 1000, { ip_family });
    metrics.add('kubeproxy_conntrack_reconciler_deleted_entries_total', cleaned[ip_family], { ip_family });
  }
  if (error !== undefined && !isRepeated) log.warn({ err: error }, error.message);
}
