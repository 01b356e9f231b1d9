import type { Metric } from './metric.js';

/** Metrics that every component of Kubernetes has. */
export const standardMetrics = [
  {
    name: 'kubernetes_build_info',
    type: 'gauge',
    help: 'Always 1, labelled with what this binary is',
    labels: [
      'build_date',
      'compiler',
      'git_commit',
      'git_tree_state',
      'git_version',
      'go_version',
      'major',
      'minor',
      'platform',
    ],
  },
  {
    name: 'kubernetes_feature_enabled',
    type: 'gauge',
    help: 'Whether a feature gate is on (1) or off (0)',
    labels: ['name', 'stage'],
  },
  {
    name: 'rest_client_requests_total',
    type: 'counter',
    help: 'Requests to the API server by status code, method and host',
    labels: ['code', 'method', 'host'],
  },
  {
    name: 'rest_client_request_duration_seconds',
    type: 'histogram',
    help: 'Time until the API server began to answer, by verb and host',
    labels: ['verb', 'host'],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
  },
] as const satisfies readonly Metric[];

/** Metrics of `/metrics/slis`, a page of their own. */
export const sliMetrics = [
  {
    name: 'kubernetes_healthcheck',
    type: 'gauge',
    help: 'Outcome of the last run of a health check: 1 good, 0 bad',
    labels: ['name', 'type'],
  },
  {
    name: 'kubernetes_healthchecks_total',
    type: 'counter',
    help: 'Runs of a health check by outcome',
    labels: ['name', 'type', 'status'],
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'Start time of the process in seconds since the epoch',
    labels: [],
  },
] as const satisfies readonly Metric[];
