export { systemClock, type Clock } from './clock.js';
export { ApiStatusError, ClusterConfigError, ReflectorError, type ReflectorErrorCode } from './errors.js';
export type { ApiObject, Resource } from './resource.js';
export { endpointSlices, node, serviceCIDRs, services } from './resources.js';
export {
  createClusterSource,
  type ClusterBatch,
  type ClusterBatchHandler,
  type ClusterSource,
  type ClusterSourceOptions,
} from './cluster-source.js';
export type { Authentication, ClusterConfig, ExecPlugin, Material } from './config/cluster-config.js';
export { inClusterConfig } from './config/in-cluster.js';
export { fromClusterAndUser, kubeConfig, type KubeConfigOptions, type Origin } from './config/kubeconfig.js';
export type { ApiClient, ApiResponse, ApiTransport, ApiWrite, Query } from './transport/transport.js';
export { createHttpsTransport, type HttpsTransportOptions } from './transport/https-transport.js';
export type { Batch, BatchHandler } from './watch/delivery.js';
export { defaultLimits, type Limits } from './watch/limits.js';
export { allProtections, type Protections } from './watch/protections.js';
export { recover, type Attempt, type Recovery } from './watch/recovery.js';
export { Reflector, type ReflectorOptions } from './watch/reflector.js';
export type { ObjectEvent } from './watch/change.js';
export type { Warning, WatchStatus } from './watch/status.js';
export { compareResourceVersions } from './watch/version.js';
