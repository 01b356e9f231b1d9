export { catalog, kubeProxyMetrics, type Metric, sliMetrics } from './catalog/index.js';
export { conntrackUse, type ConntrackUse } from './conntrack-use.js';
export { type CheckType, createMetrics, type Metrics, type MetricsOptions, type MetricsText } from './metrics.js';
export type { LabelsOf, Recorder } from './recorder.js';
export { metricsReference } from './reference.js';
export { recordProbe, recordProgramming, recordQueued, recordSync, type SyncFacts } from './record.js';
