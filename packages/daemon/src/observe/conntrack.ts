import { ConntrackCleaner, checkConntrack, createConntrack, withPauses } from '@nftproxier/nft';
import type { CleaningReport, Pause } from '@nftproxier/nft';
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
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly localAddresses: () => readonly Address[];
  /** While flows are expected of a whole cluster. */
  readonly pause: Pause;
  /** Asked late: the proxy is made with what this returns. */
  readonly proxy: () => Proxy;
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
  metrics,
  log,
  localAddresses,
  pause,
  proxy,
}: FlowCleaningOptions): FlowCleaning {
  const conntrack = createConntrack();
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
  const clean = async ({ kind, changes, interrupted, network }: SyncReport): Promise<void> => {
    const { planner, serviceCIDRs } = proxy().cluster;
    const plans = planner.plans.values();
    if (interrupted) await withPauses(cleaner.interrupting(plans, serviceCIDRs), pause);
    // Of a table that was loaded anew, or addresses that are new, it is not known what flows there were before.
    else if (kind === 'replace' || network) await withPauses(cleaner.starting(plans, serviceCIDRs), pause);
    else cleaner.changed(changes);
  };
  return {
    observer: {
      synced: async (outcome) => {
        if (outcome.ok && isWanted()) await clean(outcome.report);
      },
    },
    addressesChanged() {
      const { planner, serviceCIDRs } = proxy().cluster;
      if (isWanted()) cleaner.started(planner.plans.values(), serviceCIDRs);
    },
    interrupted() {
      const { planner, serviceCIDRs } = proxy().cluster;
      if (isWanted()) cleaner.interrupted(planner.plans.values(), serviceCIDRs);
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
