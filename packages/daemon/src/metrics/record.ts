import type { Family } from '@nftproxier/core';
import type { catalog } from './catalog/index.js';
import type { Metrics, CheckType } from './metrics.js';
import type { Recorder } from './recorder.js';

/** How a sync went. */
export interface SyncFacts {
  /** `replace`: the whole table was written, `change`: what differed. */
  readonly kind: 'replace' | 'change' | 'nothing';
  readonly ok: boolean;
  readonly seconds: number;
  /** End of the sync in milliseconds since the epoch. */
  readonly now: number;
  readonly transactions: number;
  readonly operations: number;
  readonly elements: number;
}

/** Records a sync under kube-proxy's names, for each family it wrote, and under ours. */
export const recordSync = (
  metrics: Recorder<(typeof catalog)[number]>,
  families: readonly Family[],
  { kind, ok, seconds, now, transactions, operations, elements }: SyncFacts,
): void => {
  for (const ip_family of families) {
    metrics.observe('kubeproxy_sync_proxy_rules_duration_seconds', seconds, { ip_family });
    if (kind === 'replace') metrics.observe('kubeproxy_sync_full_proxy_rules_duration_seconds', seconds, { ip_family });
    else metrics.observe('kubeproxy_sync_partial_proxy_rules_duration_seconds', seconds, { ip_family });
    if (ok) metrics.set('kubeproxy_sync_proxy_rules_last_timestamp_seconds', now / 1000, { ip_family });
    else metrics.add('kubeproxy_sync_proxy_rules_nftables_sync_failures_total', 1, { ip_family });
  }
  metrics.add('nftproxier_syncs_total', 1, { kind, result: ok ? 'success' : 'failure' });
  metrics.add('nftproxier_transactions_total', transactions);
  metrics.add('nftproxier_operations_total', operations);
  metrics.add('nftproxier_elements_written_total', elements);
};

/** Records that a sync was asked for. */
export const recordQueued = (
  metrics: Recorder<(typeof catalog)[number]>,
  families: readonly Family[],
  now: number,
): void => {
  for (const ip_family of families)
    metrics.set('kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds', now / 1000, { ip_family });
};

/**
 * Records how long endpoints took to get from their controller into the kernel: one sample for each trigger time, the
 * annotation `endpoints.kubernetes.io/last-change-trigger-time` of a slice. Times before the process started tell
 * nothing about it and are left out, and so is what is no time.
 */
export const recordProgramming = (
  metrics: Recorder<(typeof catalog)[number]>,
  family: Family,
  triggerTimes: readonly string[],
  { now, startTime }: { readonly now: number; readonly startTime: number },
): void => {
  for (const text of triggerTimes) {
    const time = Date.parse(text);
    if (!(time >= startTime)) continue;
    metrics.observe('kubeproxy_network_programming_duration_seconds', Math.max(0, now - time) / 1000, {
      ip_family: family,
    });
  }
};

/** Records an answer of the health server. */
export const recordProbe = (metrics: Metrics, probe: CheckType, ok: boolean): void => {
  const code = ok ? '200' : '503';
  if (probe === 'healthz') metrics.add('kubeproxy_proxy_healthz_total', 1, { code });
  if (probe === 'livez') metrics.add('kubeproxy_proxy_livez_total', 1, { code });
  metrics.checked('proxy', probe, ok);
};
