import type { Family } from '@nftproxier/core';
import { withPauses } from '@nftproxier/nft';
import type { Loader, Pause } from '@nftproxier/nft';
import { recordProgramming, recordQueued, recordSync } from '../metrics/index.js';
import type { Metrics } from '../metrics/index.js';
import type { ChangeCounts, ClusterState, Trigger } from '../sync/cluster.js';
import type { ProxyObserver, SyncOutcome } from '../sync/proxy.js';
import { Refusals } from './refusals.js';
import { ServiceTallies } from './tallies.js';

/** What is measured. */
export interface MetricsObserverOptions {
  readonly families: readonly Family[];
  readonly metrics: Metrics;
  readonly loader: Loader;
  /** The proxy's cluster; asked late, because the proxy is made with the observer. */
  readonly cluster: () => ClusterState;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly now: () => number;
  /** While the changes of a whole cluster are measured; without it that is done in one go. */
  readonly pause?: Pause;
  /** Told of changes of endpoints that are in the kernel now, by the time of what led to them (RFC 3339). */
  readonly programmed?: (triggerTime: string) => void;
}

const noChanges: ChangeCounts = { Service: 0, EndpointSlice: 0, Node: 0, ServiceCIDR: 0 };

/** Turns what the proxy does into metrics. Its work is that of what changed. */
export function metricsObserver(options: MetricsObserverOptions): ProxyObserver {
  const { families, metrics, loader, cluster, startTime, now } = options;
  const tallies = new ServiceTallies();
  const refusals = new Refusals();
  let counted = noChanges;
  let begun = noChanges;
  let served = noChanges;
  let triggers: readonly Trigger[] = [];

  metrics.beforeScrape(() => {
    const changes = { ...cluster().changes };
    metrics.add('kubeproxy_sync_proxy_rules_service_changes_total', changes.Service - counted.Service);
    metrics.add('kubeproxy_sync_proxy_rules_endpoint_changes_total', changes.EndpointSlice - counted.EndpointSlice);
    metrics.set('kubeproxy_sync_proxy_rules_service_changes_pending', changes.Service - served.Service);
    metrics.set('kubeproxy_sync_proxy_rules_endpoint_changes_pending', changes.EndpointSlice - served.EndpointSlice);
    counted = changes;
    const { services = 0, servicePorts = 0, slots = 0 } = loader.model?.counts ?? {};
    metrics.set('nftproxier_services', services);
    metrics.set('nftproxier_service_ports', servicePorts);
    metrics.set('nftproxier_endpoints', tallies.endpoints);
    metrics.set('nftproxier_slots', slots);
    metrics.set('nftproxier_quarantined_services', loader.refused.size);
    for (const ip_family of families)
      for (const traffic_policy of ['internal', 'external'] as const)
        metrics.set(
          'kubeproxy_sync_proxy_rules_no_local_endpoints_total',
          tallies.withoutLocalEndpoints(traffic_policy, ip_family),
          { traffic_policy, ip_family },
        );
  });

  function* programmed(): Generator<undefined, void> {
    for (const { family, time } of triggers) {
      recordProgramming(metrics, family, [time], { now: now(), startTime });
      options.programmed?.(time);
      yield;
    }
    triggers = [];
  }

  const succeeded = async ({ report, milliseconds }: Extract<SyncOutcome, { readonly ok: true }>): Promise<void> => {
    const { kind, applied, phases } = report;
    recordSync(metrics, families, { kind, ok: true, seconds: milliseconds / 1000, now: now(), ...applied });
    for (const [phase, spent] of Object.entries(phases))
      metrics.observe('nftproxier_sync_phase_duration_seconds', spent / 1000, { phase });
    metrics.add('nftproxier_quarantines_total', refusals.news(applied.refused, loader.refused).length);
    served = begun;
    await withPauses(programmed(), options.pause);
  };

  return {
    queued: () => {
      recordQueued(metrics, families, now());
    },
    began: () => {
      begun = { ...cluster().changes };
      // Those of a sync that failed are measured when one succeeds.
      triggers = [...triggers, ...cluster().takeTriggers()];
    },
    served: ({ service, after }) => {
      tallies.set(service, after);
    },
    diagnosed: ({ code }) => {
      metrics.add('nftproxier_diagnostics_total', 1, { code });
    },
    choreFailed: () => {
      for (const ip_family of families)
        metrics.add('kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total', 1, { ip_family });
    },
    synced: async (outcome) => {
      if (outcome.ok) {
        await succeeded(outcome);
        return;
      }
      const facts = { kind: loader.model === undefined ? 'replace' : 'change', ok: false, now: now() } as const;
      const nothing = { transactions: 0, operations: 0, elements: 0 };
      recordSync(metrics, families, { ...facts, ...nothing, seconds: outcome.milliseconds / 1000 });
      metrics.add('nftproxier_transaction_failures_total', 1, { code: codeOf(outcome.error) });
    },
  };
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'UNKNOWN';
}
