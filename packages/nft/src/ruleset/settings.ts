import type { Address, Cidr, Family } from '@nftproxier/core';

/** How traffic of this node's pods is told from other traffic: `detectLocalMode` of kube-proxy. */
export type LocalPodDetector =
  /** By source address: ClusterCIDR and NodeCIDR. */
  | { readonly kind: 'source'; readonly cidr: Cidr }
  /** By the interface a packet arrives on: BridgeInterface and, with `prefix`, InterfaceNamePrefix. */
  | { readonly kind: 'interface'; readonly name: string; readonly prefix: boolean };

/** At which of the node's addresses node ports are open. Never on loopback. */
export type NodePortAddresses =
  /** At every address the kernel calls local. */
  | { readonly kind: 'all' }
  /** At the addresses that {@link NetworkElements.nodePortAddresses} lists. */
  | { readonly kind: 'listed' };

/** What is counted: nothing, new connections per frontend, or those of every endpoint as well. */
export type Counters = 'off' | 'services' | 'endpoints';

/**
 * How often an element is looked up before it is taken to be missing. `twice`: right on every kernel, because those without
 * the fixes of September 2025 may miss an element that is being replaced. `once`: half the work for the kernel whenever a
 * Service is added or its number of endpoints changes, since it walks a verdict map for each rule that looks into it.
 */
export type Lookups = 'once' | 'twice';

/** What the fixed part of the table depends on. A change of it needs a new table. */
export interface TableSettings {
  /** The families that the table has sets and rules for. */
  readonly families: readonly Family[];
  /** The bit of the packet mark that says "masquerade", as a mask: kube-proxy's `masqueradeBit` 14 is 0x4000. */
  readonly masqueradeMark: number;
  /** Masquerade all traffic to cluster IPs, that of local pods too. */
  readonly masqueradeAll: boolean;
  /** Per family; a family without one cannot tell local pods. */
  readonly localPods: { readonly [family in Family]?: LocalPodDetector };
  /** Per family: which of the node's addresses (`nodePortAddresses` of kube-proxy) lead to node ports. */
  readonly nodePorts: { readonly [family in Family]: NodePortAddresses };
  /** What the table counts. */
  readonly counters: Counters;
  /** How often a packet's Service is looked up before it is taken to have none; {@link lookupsOn} knows what a kernel needs. */
  readonly lookups: Lookups;
}

/** What the table knows of the node and cluster beside Services: elements, changed in place. */
export interface NetworkElements {
  /** Addresses at which node ports are open, for families whose node ports are `listed`. */
  readonly nodePortAddresses: readonly Address[];
  /** All ranges that cluster IPs are taken from: packets to unallocated ones are dropped. */
  readonly serviceCIDRs: readonly Cidr[];
}

/** kube-proxy's defaults, with no way to tell local pods, node ports at listed addresses, without counters, for any kernel. */
export const defaultTableSettings: TableSettings = {
  families: ['IPv4', 'IPv6'],
  masqueradeMark: 0x4000,
  masqueradeAll: false,
  localPods: {},
  nodePorts: { IPv4: { kind: 'listed' }, IPv6: { kind: 'listed' } },
  counters: 'off',
  lookups: 'twice',
};
