import type { Family } from '../lab/index.js';
import type { RowId } from './rows.js';

/** A Kubernetes object as a scenario gives it: valid or not, the proxy has to cope. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** How the node tells traffic of its own pods, in kube-proxy's words; `None` turns it off. */
export type DetectLocalMode = 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix' | 'None';

/** The node under test and how its proxy is configured. Its name is `node-a`, its addresses are those of the lab. */
export interface ScenarioNode {
  readonly families: readonly Family[];
  /** The Node's zone label; empty: it has none. */
  readonly zone: string;
  readonly detectLocalMode: DetectLocalMode;
  /** For `ClusterCIDR`. */
  readonly clusterCIDRs: readonly string[];
  /** `spec.podCIDRs` of the Node, for `NodeCIDR`. */
  readonly podCIDRs: readonly string[];
  /** For `BridgeInterface`. */
  readonly bridgeInterface: string;
  /** For `InterfaceNamePrefix`. */
  readonly interfaceNamePrefix: string;
  readonly masqueradeAll: boolean;
  /** `primary`, CIDRs, or nothing: every local address. */
  readonly nodePortAddresses: readonly string[];
  /** The ranges of all ServiceCIDR objects. */
  readonly serviceCIDRs: readonly string[];
  /** The gate AllowServiceExternalIPs. */
  readonly allowExternalIPs: boolean;
  /** Addresses the node has beside those of the lab, on its loopback interface. */
  readonly extraAddresses: readonly string[];
}

/** All a proxy can know. Two equal worlds must serve the same, whatever came before. */
export interface World {
  readonly node: ScenarioNode;
  readonly objects: readonly KubernetesObject[];
}

/** Who sends. `address` is the source of the packet, of the destination's family; the host's may be left to it. */
export interface Sender {
  readonly kind: 'pod' | 'host' | 'client' | 'node-b';
  readonly address: string | undefined;
}

/** Where a packet is sent. ICMP is an echo request, without a port. */
export interface Destination {
  readonly family: Family;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP' | 'ICMP';
}

/** What must become of a packet. */
export type Expectation =
  | {
      readonly kind: 'answered';
      /** `address:port` of the endpoints: each of them answers some connection, and nobody else answers any. */
      readonly by: readonly string[];
      /** The odds of the endpoints to each other, in the order of `by`. */
      readonly shares: readonly number[] | undefined;
      /** Whom the endpoint sees: the sender itself, or an address of node-a. */
      readonly source: 'kept' | 'node' | undefined;
      /** All connections under one such name are answered by one endpoint out of `by`. */
      readonly same: string | undefined;
      /** Seconds between single connections until one is answered as expected: for what is a matter of chance. */
      readonly retryEvery: number | undefined;
    }
  /** Refused with ICMP port unreachable. */
  | { readonly kind: 'rejected' }
  /** No answer, no refusal. */
  | { readonly kind: 'dropped' }
  /** It arrives where it was sent, as it was sent. */
  | { readonly kind: 'untouched' };

/** A packet (a new connection, unless it is on a flow) and its fate. */
export interface Packet {
  /** Like `client to 10.96.0.1:80/TCP`. */
  readonly text: string;
  readonly from: Sender;
  readonly to: Destination;
  readonly expect: Expectation;
  /** The name of a flow that stays open from one packet to the next: same sockets, same ports. */
  readonly flow: string | undefined;
}

/** A change, and what packets do after it. */
export interface Step {
  readonly title: string;
  /** The whole world after the change. */
  readonly world: World;
  /** The proxy starts anew before the change. */
  readonly restart: boolean;
  /** Seconds to let pass before the packets. */
  readonly waitSeconds: number;
  readonly packets: readonly Packet[];
}

/** Which of the two runs a scenario is meant for; a reason where it is not. */
export interface Runs {
  readonly tracer: true | { readonly skip: string };
  readonly kernel: true | { readonly skip: string };
}

/** One scenario file. */
export interface Scenario {
  /** Path below `test/scenarios`, like `policies/external-local.yaml`. */
  readonly file: string;
  readonly title: string;
  /** The behaviours it proves, see rows.ts. */
  readonly covers: readonly RowId[];
  readonly runs: Runs;
  /** An nft script that someone else has loaded on the node. Only packets can tell what it does. */
  readonly neighbours: string | undefined;
  readonly steps: readonly Step[];
}
