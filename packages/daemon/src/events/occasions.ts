import type { EventFacts, Regarding } from './event.js';

// kube-proxy names its Node by apiVersion, kind and name only, and so do we: tools look for exactly this.
const node = (name: string): Regarding => ({ apiVersion: 'v1', kind: 'Node', name });

/** A Service, as Events name it. */
export interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
}

const service = (reference: ServiceReference): Regarding => ({ apiVersion: 'v1', kind: 'Service', ...reference });

const startKubeProxy = (name: string, type: EventFacts['type'], reason: string, note: string): EventFacts => ({
  regarding: node(name),
  type,
  reason,
  action: 'StartKubeProxy',
  note,
});

const onService = (reference: ServiceReference, reason: string, action: string, note: string): EventFacts => ({
  regarding: service(reference),
  type: 'Warning',
  reason,
  action,
  note,
});

/** The proxy of a node starts. */
export const starting = (nodeName: string): EventFacts => startKubeProxy(nodeName, 'Normal', 'Starting', '');

/** kube-proxy runs on the node too. */
export const kubeProxyRunning = (nodeName: string, note: string): EventFacts => ({
  regarding: node(nodeName),
  type: 'Warning',
  reason: 'KubeProxyRunning',
  action: 'TakeOver',
  note,
});

/** Another program changed the rules; they were put right, or are loaded anew. */
export const rulesRestored = (nodeName: string, note: string): EventFacts => ({
  regarding: node(nodeName),
  type: 'Warning',
  reason: 'RulesRestored',
  action: 'SyncProxyRules',
  note,
});

/** The kernel is about to drop packets of new connections, because it can follow no more. */
export const conntrackNearlyFull = (nodeName: string, note: string): EventFacts => ({
  regarding: node(nodeName),
  type: 'Warning',
  reason: 'ConntrackNearlyFull',
  action: 'TrackConnections',
  note,
});

/** The health server cannot listen, and the configuration says that this is the end. */
export const failedToStartProxierHealthcheck = (nodeName: string, note: string): EventFacts =>
  startKubeProxy(nodeName, 'Warning', 'FailedToStartProxierHealthcheck', note);

/** The metrics server cannot listen, and the configuration says that this is the end. */
export const failedToStartMetricServer = (nodeName: string, note: string): EventFacts =>
  startKubeProxy(nodeName, 'Warning', 'FailedToStartMetricServer', note);

/** The configuration file has contents that cannot be used; the process goes on with what it had. */
export const configurationRefused = (nodeName: string, note: string): EventFacts => ({
  ...startKubeProxy(nodeName, 'Warning', 'ConfigurationRefused', note),
  action: 'ReloadConfiguration',
});

/** The health-check node port of a Service cannot be listened on. */
export const failedToStartServiceHealthcheck = (reference: ServiceReference, note: string): EventFacts =>
  onService(reference, 'FailedToStartServiceHealthcheck', 'Listen', note);

/** The kernel refuses the rules of a Service; all others are served. */
export const rulesRefused = (reference: ServiceReference, note: string): EventFacts =>
  onService(reference, 'RulesRefused', 'SyncProxyRules', note);

/** A Service asks for an address and port that another Service has. */
export const addressConflict = (reference: ServiceReference, note: string): EventFacts =>
  onService(reference, 'AddressConflict', 'SyncProxyRules', note);
