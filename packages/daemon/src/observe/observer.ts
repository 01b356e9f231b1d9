import type { Family } from '@nftproxier/core';
import type { Loader } from '@nftproxier/nft';
import type { ProxyHealth, ServiceHealth } from '../health/index.js';
import { recordProgramming, recordQueued, recordSync } from '../metrics/index.js';
import type { Metrics } from '../metrics/index.js';
import type { ClusterState } from '../sync/cluster.js';
import type { ProxyObserver, SyncOutcome } from '../sync/proxy.js';
import type { ServedChange, SyncReport } from '../sync/syncer.js';
import type { Wishes } from '../sync/wishes.js';
import { NoLocalEndpoints } from './local-endpoints.js';

/** What an observer tells. */
export interface ObserverOptions {
  readonly families: readonly Family[];
  readonly health: ProxyHealth;
  readonly serviceHealth: ServiceHealth;
  readonly metrics: Metrics;
  readonly loader: Loader;
  /** The proxy's cluster; asked late, because the proxy is made with the observer. */
  readonly cluster: () => ClusterState;
  /** Told what the kernel serves now, to clean up after what it served before. Must not throw. */
  readonly served: (report: SyncReport) => void;
  readonly startTime: number;
  readonly now: () => number;
}

/** Turns what the proxy does into health, metrics and answers for load balancers. Its work is that of what changed. */
export function createObserver(options: ObserverOptions): ProxyObserver {
  const { families, health, serviceHealth, metrics, loader, cluster, now } = options;
  const noLocal = new NoLocalEndpoints();
  const counted = { Service: 0, EndpointSlice: 0 };

  const recordCounts = (): void => {
    const { services = 0, servicePorts = 0, slots = 0 } = loader.model?.counts ?? {};
    metrics.set('nftproxier_services', services);
    metrics.set('nftproxier_service_ports', servicePorts);
    metrics.set('nftproxier_slots', slots);
    metrics.set('nftproxier_quarantined_services', loader.refused.size);
    for (const ip_family of families) {
      for (const traffic_policy of ['internal', 'external'] as const) {
        const count = noLocal.count(traffic_policy, ip_family);
        metrics.set('kubeproxy_sync_proxy_rules_no_local_endpoints_total', count, { traffic_policy, ip_family });
      }
    }
  };
  const recordChanges = (): void => {
    const { Service, EndpointSlice } = cluster().changes;
    metrics.add('kubeproxy_sync_proxy_rules_service_changes_total', Service - counted.Service);
    metrics.add('kubeproxy_sync_proxy_rules_endpoint_changes_total', EndpointSlice - counted.EndpointSlice);
    counted.Service = Service;
    counted.EndpointSlice = EndpointSlice;
  };
  const succeeded = ({ report, milliseconds }: Extract<SyncOutcome, { readonly ok: true }>): void => {
    const { kind, applied, changes } = report;
    recordSync(metrics, families, { kind, ok: true, seconds: milliseconds / 1000, now: now(), ...applied });
    metrics.add('nftproxier_quarantines_total', applied.refused.length);
    for (const { before, after } of changes) noLocal.change(before, after);
    for (const change of changes) setHealthCheck(serviceHealth, change);
    for (const { family, time } of cluster().takeTriggers()) {
      recordProgramming(metrics, family, [time], { now: now(), startTime: options.startTime });
    }
    for (const family of families) health.synced(family);
    recordChanges();
    recordCounts();
    options.served(report);
  };

  return {
    queued: () => {
      for (const family of families) health.queued(family);
      recordQueued(metrics, families, now());
    },
    reconsidered: (node, { settings, network }: Wishes) => {
      health.setNode(node);
      const scope = (family: Family) =>
        settings.nodePorts[family].kind === 'all'
          ? ({ kind: 'all' } as const)
          : ({
              kind: 'listed',
              addresses: network.nodePortAddresses.filter((address) => address.includes(':') === (family === 'IPv6')),
            } as const);
      serviceHealth.setScopes({ IPv4: scope('IPv4'), IPv6: scope('IPv6') });
    },
    diagnosed: ({ code }) => {
      metrics.add('nftproxier_diagnostics_total', 1, { code });
    },
    synced: (outcome) => {
      if (outcome.ok) {
        succeeded(outcome);
        return;
      }
      recordChanges();
      const facts = { kind: loader.model === undefined ? 'replace' : 'change', ok: false, now: now() } as const;
      const nothing = { transactions: 0, operations: 0, elements: 0 };
      recordSync(metrics, families, { ...facts, ...nothing, seconds: outcome.milliseconds / 1000 });
      metrics.add('nftproxier_transaction_failures_total', 1, { code: codeOf(outcome.error) });
    },
  };
}

function setHealthCheck(serviceHealth: ServiceHealth, { service, before, after }: ServedChange): void {
  const check = after?.healthCheck;
  if (check === undefined && before?.healthCheck === undefined) return;
  const [namespace = '', name = ''] = service.split('/');
  serviceHealth.set(service, check === undefined ? undefined : { namespace, name, ...check });
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'UNKNOWN';
}
