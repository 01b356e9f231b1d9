import type { Address, Cidr, Family, Protocol } from '../net/index.js';
import type { BalancingWish } from './algorithm.js';
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
  /** `spec.ports[].protocol`; TCP where absent. */
  readonly protocol: Protocol;
  /** The family of `clusterIP`; a dual-stack Service has each port once per family. */
  readonly family: Family;
  /** The one of `spec.clusterIPs` that `spec.ipFamilies` gives this family. */
  readonly clusterIP: Address;
  /** `spec.ports[].port`, at the cluster IP and all other addresses: 1 to 65535. */
  readonly port: number;
  /** 0 where the port has none. Used whatever `spec.type` says, as in kube-proxy. */
  readonly nodePort: number;
  /** `status.loadBalancer.ingress[].ip` with `ipMode` absent or `VIP`, sorted. */
  readonly loadBalancerIPs: readonly Address[];
  /** `spec.externalIPs`, sorted. */
  readonly externalIPs: readonly Address[];
  /** `spec.loadBalancerSourceRanges` of this family, collapsed; empty: anyone. */
  readonly sourceRanges: readonly Cidr[];
  /** `spec.sessionAffinity`; undefined for `None`. */
  readonly affinity: ClientIPAffinity | undefined;
  /**
   * `spec.externalTrafficPolicy`; Cluster where absent, and for a Service that is neither NodePort nor LoadBalancer and
   * has no external IPs.
   */
  readonly externalTrafficPolicy: TrafficPolicy;
  /** `spec.internalTrafficPolicy`, for traffic to the cluster IP; Cluster where absent. */
  readonly internalTrafficPolicy: TrafficPolicy;
  /** What annotations of ours ask for; undefined where there are none. */
  readonly balancing?: BalancingWish | undefined;
}

/** A Service, read. */
export interface ServiceModel {
  /** What slices refer to it by, and plans are kept under. */
  readonly key: ServiceKey;
  /** `metadata.namespace`; `default` where absent. */
  readonly namespace: string;
  /** `metadata.name`. */
  readonly name: string;
  /** `metadata.uid`; empty where the source gives none. */
  readonly uid: string;
  /** `metadata.creationTimestamp` in milliseconds since 1970; Infinity where the source gives none. */
  readonly created: number;
  /**
   * `spec.ports`, once per family; empty for a Service that is not for this proxy (headless, ExternalName, another's).
   */
  readonly ports: readonly ServicePort[];
  /** `spec.healthCheckNodePort` of a LoadBalancer Service with `externalTrafficPolicy: Local`; otherwise 0. */
  readonly healthCheckNodePort: number;
  /** What of the Service is left out, and why. */
  readonly diagnostics: readonly Diagnostic[];
}

/** `namespace/name:portName`, or `namespace/name` for a port without a name: how kube-proxy names a service port. */
export function servicePortName(service: string, portName: string): string {
  return portName === '' ? service : `${service}:${portName}`;
}
