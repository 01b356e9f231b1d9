import type { Family } from '../net/index.js';
import { balancingDefaults } from './algorithm.js';
import type { BalancingDefaults } from './algorithm.js';

/** What a plan needs to know of the node it is made for. Plain data: where it comes from is the caller's business. */
export interface NodeView {
  /** The Node's name; endpoints whose `nodeName` equals it are local. */
  readonly name: string;
  /** The Node's label `topology.kubernetes.io/zone`; empty where it has none. */
  readonly zone: string;
  /** The families that this node's proxy serves; objects of others are left alone. */
  readonly families: readonly Family[];
  /** Families for which the back end can tell traffic of local pods from other traffic (`detectLocalMode`). */
  readonly detectsLocalPods: readonly Family[];
  /** `masqueradeAll`: traffic to a cluster IP gets this node's address as its source, that of local pods too. */
  readonly masqueradeAll: boolean;
  /** The feature gate `AllowServiceExternalIPs`; without it `spec.externalIPs` are ignored. */
  readonly allowExternalIPs: boolean;
  /** This node's own addresses, the primary one of each family first (`loadBalancerSourceRanges` treat them specially). */
  readonly addresses: readonly string[];
  /** How endpoints are chosen for Services that do not say it. */
  readonly balancing: BalancingDefaults;
}

/** A node view with the given name and kube-proxy's defaults for everything else. */
export function nodeView(name: string, changes: Partial<NodeView> = {}): NodeView {
  return {
    name,
    zone: '',
    families: ['IPv4', 'IPv6'],
    detectsLocalPods: ['IPv4', 'IPv6'],
    masqueradeAll: false,
    allowExternalIPs: true,
    addresses: [],
    balancing: balancingDefaults,
    ...changes,
  };
}
