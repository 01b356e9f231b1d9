import { exponential, linear, type Metric } from './metric.js';

/** From a millisecond to 16.384 seconds, doubling. */
const syncBuckets = exponential(0.001, 2, 15);

const programmingBuckets = [0.25, 0.5, ...linear(1, 59, 1), ...linear(60, 115, 5), ...linear(120, 300, 30)];

const codes = [{ code: '200' }, { code: '503' }] as const;

/**
 * The metrics that kube-proxy 1.36 registers in nftables mode, under its names, types, labels and buckets, so that
 * dashboards and alerts go on working.
 */
export const kubeProxyMetrics = [
  {
    name: 'kubeproxy_sync_proxy_rules_duration_seconds',
    type: 'histogram',
    help: 'Duration of a sync, failed ones included',
    labels: ['ip_family'],
    buckets: syncBuckets,
  },
  {
    name: 'kubeproxy_sync_full_proxy_rules_duration_seconds',
    type: 'histogram',
    help: 'Duration of a sync that wrote the whole table',
    labels: ['ip_family'],
    buckets: syncBuckets,
  },
  {
    name: 'kubeproxy_sync_partial_proxy_rules_duration_seconds',
    type: 'histogram',
    help: 'Duration of a sync that wrote what had changed',
    labels: ['ip_family'],
    buckets: syncBuckets,
  },
  {
    name: 'kubeproxy_network_programming_duration_seconds',
    type: 'histogram',
    help: 'Time from a change of endpoints, as their controller saw it, to the rules that follow it',
    labels: ['ip_family'],
    buckets: programmingBuckets,
  },
  {
    name: 'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
    type: 'gauge',
    help: 'Time of the last sync that succeeded, in seconds since the epoch',
    labels: ['ip_family'],
  },
  {
    name: 'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds',
    type: 'gauge',
    help: 'Time at which a sync was last asked for, in seconds since the epoch',
    labels: ['ip_family'],
  },
  {
    name: 'kubeproxy_sync_proxy_rules_endpoint_changes_pending',
    type: 'gauge',
    help: 'Changes of endpoints that are not in the rules yet',
    labels: [],
  },
  {
    name: 'kubeproxy_sync_proxy_rules_endpoint_changes_total',
    type: 'counter',
    help: 'Changes of endpoints seen',
    labels: [],
  },
  {
    name: 'kubeproxy_sync_proxy_rules_service_changes_pending',
    type: 'gauge',
    help: 'Changes of Services that are not in the rules yet',
    labels: [],
  },
  {
    name: 'kubeproxy_sync_proxy_rules_service_changes_total',
    type: 'counter',
    help: 'Changes of Services seen',
    labels: [],
  },
  {
    name: 'kubeproxy_sync_proxy_rules_no_local_endpoints_total',
    type: 'gauge',
    help: 'Service ports with a Local traffic policy and endpoints on other nodes only',
    labels: ['traffic_policy', 'ip_family'],
  },
  {
    name: 'kubeproxy_sync_proxy_rules_nftables_sync_failures_total',
    type: 'counter',
    help: 'Syncs that failed',
    labels: ['ip_family'],
  },
  {
    name: 'kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total',
    type: 'counter',
    help: 'Removals of chains no longer used that failed',
    labels: ['ip_family'],
  },
  {
    name: 'kubeproxy_conntrack_reconciler_sync_duration_seconds',
    type: 'histogram',
    help: 'Duration of a search for stale connection-tracking entries',
    labels: ['ip_family'],
    buckets: syncBuckets,
  },
  {
    name: 'kubeproxy_conntrack_reconciler_deleted_entries_total',
    type: 'counter',
    help: 'Stale connection-tracking entries deleted',
    labels: ['ip_family'],
  },
  {
    name: 'kubeproxy_proxy_healthz_total',
    type: 'counter',
    help: 'Answers to /healthz',
    labels: ['code'],
    initial: codes,
  },
  {
    name: 'kubeproxy_proxy_livez_total',
    type: 'counter',
    help: 'Answers to /livez',
    labels: ['code'],
    initial: codes,
  },
] as const satisfies readonly Metric[];
