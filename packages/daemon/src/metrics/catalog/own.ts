import { exponential, type Metric } from './metric.js';

/** From half a millisecond to 16 seconds. */
const phaseBuckets = exponential(0.0005, 2, 16);

/** The metrics of nftproxier's own. */
export const ownMetrics = [
  {
    name: 'nftproxier_sync_phase_duration_seconds',
    type: 'histogram',
    help: 'Duration of one phase of a sync (plan: from objects to plans, write: from plans to what the kernel holds)',
    labels: ['phase'],
    buckets: phaseBuckets,
  },
  {
    name: 'nftproxier_syncs_total',
    type: 'counter',
    help: 'Syncs by what they wrote (replace: the whole table, change: what differed, nothing) and how they ended',
    labels: ['kind', 'result'],
  },
  {
    name: 'nftproxier_transactions_total',
    type: 'counter',
    help: 'Transactions handed to nft',
    labels: [],
  },
  {
    name: 'nftproxier_transaction_failures_total',
    type: 'counter',
    help: 'Transactions that did not take effect, by the code of the error',
    labels: ['code'],
  },
  {
    name: 'nftproxier_operations_total',
    type: 'counter',
    help: 'Steps of transactions that took effect',
    labels: [],
  },
  {
    name: 'nftproxier_elements_written_total',
    type: 'counter',
    help: 'Elements of sets and maps added or deleted',
    labels: [],
  },
  {
    name: 'nftproxier_nft_process_seconds_total',
    type: 'counter',
    help: 'Time during which nft processes ran',
    labels: [],
  },
  {
    name: 'nftproxier_services',
    type: 'gauge',
    help: 'Services in the rules',
    labels: [],
  },
  {
    name: 'nftproxier_service_ports',
    type: 'gauge',
    help: 'Service ports in the rules, per family',
    labels: [],
  },
  {
    name: 'nftproxier_endpoints',
    type: 'gauge',
    help: 'Endpoints that service ports of the rules lead to; one that serves two ports counts twice',
    labels: [],
  },
  {
    name: 'nftproxier_slots',
    type: 'gauge',
    help: 'Slots in the rules: one for each endpoint of each frontend',
    labels: [],
  },
  {
    name: 'nftproxier_quarantined_services',
    type: 'gauge',
    help: 'Services whose rules the kernel refuses; what they had stays in force',
    labels: [],
  },
  {
    name: 'nftproxier_quarantines_total',
    type: 'counter',
    help: 'Services set aside because the kernel refused their rules',
    labels: [],
  },
  {
    name: 'nftproxier_diagnostics_total',
    type: 'counter',
    help: 'Findings about objects that cannot be used as they are, by code',
    labels: ['code'],
  },
  {
    name: 'nftproxier_audits_total',
    type: 'counter',
    help: 'Comparisons of the kernel with what it should hold, by outcome',
    labels: ['result'],
  },
  {
    name: 'nftproxier_drift_repairs_total',
    type: 'counter',
    help: 'Repairs of rules that somebody else changed or removed',
    labels: ['cause'],
  },
  {
    name: 'nftproxier_source_staleness_seconds',
    type: 'gauge',
    help: 'Time for which changes of a kind of object may have been missed; 0 while its watch is up',
    labels: ['kind'],
  },
  {
    name: 'nftproxier_source_failures_total',
    type: 'counter',
    help: 'Lists and watches of a kind of object that failed, by the code of the error',
    labels: ['kind', 'code'],
  },
  {
    name: 'nftproxier_source_objects',
    type: 'gauge',
    help: 'Objects of a kind that are known',
    labels: ['kind'],
  },
  {
    name: 'nftproxier_conntrack_entries',
    type: 'gauge',
    help: 'Entries in the connection-tracking table of the kernel',
    labels: [],
  },
  {
    name: 'nftproxier_conntrack_entries_limit',
    type: 'gauge',
    help: 'Entries that the connection-tracking table can hold',
    labels: [],
  },
  {
    name: 'nftproxier_event_loop_lag_max_seconds',
    type: 'gauge',
    help: 'Longest time since the last scrape during which the process could not react',
    labels: [],
  },
  {
    name: 'nftproxier_kube_proxy_running',
    type: 'gauge',
    help: 'Whether kube-proxy is seen to run on this node (1) or not (0)',
    labels: [],
  },
  {
    name: 'nftproxier_health_check_listen_failures_total',
    type: 'counter',
    help: 'Health-check node ports that could not be listened on',
    labels: [],
  },
  {
    name: 'nftproxier_configuration_warnings',
    type: 'gauge',
    help: 'Warnings about the configuration in force',
    labels: [],
  },
  {
    name: 'nftproxier_configuration_last_reload_successful',
    type: 'gauge',
    help: 'Whether the contents of the configuration file can be used (1) or were refused (0)',
    labels: [],
  },
  {
    name: 'nftproxier_configuration_reloads_total',
    type: 'counter',
    help: 'New contents of the configuration file, by what became of them (applied, restart, refused, unchanged)',
    labels: ['result'],
    initial: [{ result: 'applied' }, { result: 'restart' }, { result: 'refused' }, { result: 'unchanged' }],
  },
  {
    name: 'nftproxier_events_total',
    type: 'counter',
    help: 'Kubernetes Events by what became of them (sent, failed, dropped)',
    labels: ['result'],
    initial: [{ result: 'sent' }, { result: 'failed' }, { result: 'dropped' }],
  },
] as const satisfies readonly Metric[];
