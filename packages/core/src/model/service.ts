import type { Address, Cidr, Family, Protocol } from '../net/index.js';
import type { Diagnostic } from './diagnostic.js';

/** `namespace/name` of a Service, both checked to be DNS labels. */
export type ServiceKey = string & { readonly [key]: 'service' };
declare const key: unique symbol;

/** A traffic policy, as in `spec.externalTrafficPolicy`. */
export type TrafficPolicy = 'Cluster' | 'Local';

/** `spec.sessionAffinity: ClientIP`. */
export interface ClientIPAffinity {
  /** Seconds without a new connection after which a client may be given another endpoint; 1 to 86,400. */
  readonly timeoutSeconds: number;
}

/**
 * One port of a Service in one family: what the cluster asks of every node. Text of the object that is not an address, a
 * number or a closed set of words has been checked to be a DNS label.
 */
export interface ServicePort {
  /** `spec.ports[].name`; empty for the only port of a Service. */
  readonly portName: string;
  readonly protocol: Protocol;
  readonly family: Family;
  readonly clusterIP: Address;
  readonly port: number;
  /** 0 where the port has none. Used whatever `spec.type` says, as in kube-proxy. */
  readonly nodePort: number;
  /** `status.loadBalancer.ingress[].ip` with `ipMode` absent or `VIP`, sorted. */
  readonly loadBalancerIPs: readonly Address[];
  /** `spec.externalIPs`, sorted. */
  readonly externalIPs: readonly Address[];
  /** `spec.loadBalancerSourceRanges` of this family, collapsed; empty: anyone. */
  readonly sourceRanges: readonly Cidr[];
  readonly affinity: ClientIPAffinity | undefined;
  readonly externalTrafficPolicy: TrafficPolicy;
  readonly internalTrafficPolicy: TrafficPolicy;
}

/** A Service, read. */
export interface ServiceModel {
  readonly key: ServiceKey;
  readonly namespace: string;
  readonly name: string;
  /** `metadata.uid`; empty where the source gives none. */
  readonly uid: string;
  /** `metadata.creationTimestamp` in milliseconds since 1970; Infinity where the source gives none. */
  readonly created: number;
  readonly ports: readonly ServicePort[];
  /** `spec.healthCheckNodePort` of a LoadBalancer Service with `externalTrafficPolicy: Local`; otherwise 0. */
  readonly healthCheckNodePort: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** `namespace/name:portName`, or `namespace/name` for a port without a name: how kube-proxy names a service port. */
export function servicePortName(service: string, portName: string): string {
  return portName === '' ? service : `${service}:${portName}`;
}
