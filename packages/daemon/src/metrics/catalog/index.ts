import { kubeProxyMetrics } from './kube-proxy.js';
import { ownMetrics } from './own.js';
import { standardMetrics } from './standard.js';

export { kubeProxyMetrics } from './kube-proxy.js';
export type { Metric } from './metric.js';
export { ownMetrics } from './own.js';
export { sliMetrics, standardMetrics } from './standard.js';

/** Every metric of `/metrics` that is recorded here; those of the process itself come on top. */
export const catalog = [...kubeProxyMetrics, ...ownMetrics, ...standardMetrics] as const;
