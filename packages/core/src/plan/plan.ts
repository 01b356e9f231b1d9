import type { Address, Cidr, Family, Protocol } from '../net/index.js';
import type { Algorithm, ClientIPAffinity, Diagnostic, ServiceKey } from '../model/index.js';

/** An endpoint that traffic of a service port may be sent to. */
export interface Backend {
  /** The endpoint's address, of the family of its service port. */
  readonly address: Address;
  /** The endpoint's own port, which need not be that of the Service. */
  readonly port: number;
  /** It runs on this node. */
  readonly local: boolean;
  /** Its part of the connections, against the other backends' weights; 0 drains it. Absent: 1. `random` does not heed it. */
  readonly weight?: number;
}

/** What is done with a new connection. */
export type Decision =
  /**
   * It goes to one of the port's `cluster` or `local` backends. With `masquerade` it gets this node's address as its
   * source, so that the answer comes back through this node.
   */
  | { readonly kind: 'balance'; readonly over: 'cluster' | 'local'; readonly masquerade: boolean }
  /** It is refused with an ICMP port-unreachable: nobody serves the port. */
  | { readonly kind: 'reject' }
  /** It is dropped, so that the client tries again: other nodes serve the port, this one must not. */
  | { readonly kind: 'drop' };

/** What is done with a new connection, by where it comes from. */
export interface Outcome {
  /** From pods that run on this node, where the back end can tell (`NodeView.detectsLocalPods`); else as `outside`. */
  readonly pods: Decision;
  /** From this node itself. */
  readonly node: Decision;
  /** From anywhere else. */
  readonly outside: Decision;
}

/** An address and port, or a node port, at which a service port is reached. */
export type Frontend =
  | {
      readonly kind: 'ClusterIP' | 'ExternalIP' | 'LoadBalancerIP';
      readonly address: Address;
      readonly port: number;
      readonly outcome: Outcome;
      /** Who may connect; empty: anyone. Only for `LoadBalancerIP`. Others are dropped. */
      readonly sourceRanges: readonly Cidr[];
    }
  | {
      readonly kind: 'NodePort';
      /** On every address of this node that is open for node ports. */
      readonly port: number;
      readonly outcome: Outcome;
    };

/** What this node does for one service port in one family. */
export interface ServicePortPlan {
  /** `spec.ports[].name`; empty for the only port of a Service. With family and protocol it identifies the plan. */
  readonly portName: string;
  /** Of all frontends and backends. */
  readonly protocol: Protocol;
  /** Of all frontends and backends: nothing is translated from one family to another. */
  readonly family: Family;
  /** The Service's address in this family, also where another Service keeps it from being a frontend. */
  readonly clusterIP: Address;
  /** In a fixed order: cluster IP, external addresses, load-balancer addresses, node port. */
  readonly frontends: readonly Frontend[];
  /** Backends for traffic that may go to any node, sorted by address and port text. */
  readonly cluster: readonly Backend[];
  /** Backends on this node for traffic that must stay, sorted likewise. */
  readonly local: readonly Backend[];
  /**
   * UDP and SCTP: every endpoint of the port, on any node, that is ready or serving, whatever policies and hints say.
   * Flows that were sent to one of them may go on; others are stale. Empty for TCP, whose connections end by themselves.
   */
  readonly serving: readonly Backend[];
  /**
   * How one of a list of backends is chosen for a new connection: `slotsOf` says what becomes of the list. With affinity,
   * for the first connection of a client.
   */
  readonly algorithm: Algorithm;
  /** Whether a client stays with its backend: in common for all frontends of the port. */
  readonly affinity: ClientIPAffinity | undefined;
}

/** What this node does for a Service. No back end's words are in it. */
export interface ServicePlan {
  /** Whose plan it is. */
  readonly service: ServiceKey;
  /** One per port and family that both the Service and this node have; empty where the node does nothing for it. */
  readonly ports: readonly ServicePortPlan[];
  /** Present where the Service has a health-check node port. */
  readonly healthCheck: HealthCheck | undefined;
  /** What could not be used of the Service and its EndpointSlices. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The answer a load balancer gets when it asks whether this node has endpoints of a Service. */
export interface HealthCheck {
  /** `spec.healthCheckNodePort`. */
  readonly nodePort: number;
  /** For each family the Service has here: distinct addresses of ready endpoints on this node. */
  readonly localEndpoints: { readonly [family in Family]?: number };
}
