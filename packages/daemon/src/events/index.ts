export type { EventFacts, EventObject, EventSeries, Regarding, Reporter } from './event.js';
export {
  addressConflict,
  configurationRefused,
  conntrackNearlyFull,
  failedToStartMetricServer,
  failedToStartProxierHealthcheck,
  failedToStartServiceHealthcheck,
  kubeProxyRunning,
  rulesRefused,
  rulesRestored,
  type ServiceReference,
  starting,
} from './occasions.js';
export {
  createEventRecorder,
  type EventRecorder,
  type EventRecorderOptions,
  type EventResult,
  type EventTransport,
} from './recorder.js';
export { eventTransport } from './transport.js';
