import { type Cidr, families, type Family, familyOf, type Node, parseCidr } from '@nftproxier/core';
import type { Configuration } from '../config/index.js';
import type { NodeAddresses } from './node-addresses.js';

/** How traffic of this node's pods is told from other traffic, for one family. */
export type LocalPodDetector =
  /** By source address. */
  | { readonly kind: 'source'; readonly cidr: Cidr }
  /** By the interface a packet arrives on, or by the start of its name. */
  | { readonly kind: 'interface'; readonly name: string; readonly prefix: boolean };

/** The detectors of a node. A family without one has no "from outside" masquerade and no short cut for its pods. */
export interface LocalPods {
  readonly detectors: { readonly [family in Family]?: LocalPodDetector };
  readonly warnings: readonly string[];
  /** Set if the daemon should not start, or has to wait: what is missing and what to do. */
  readonly problem?: string;
}

/**
 * Resolves `detectLocalMode`: the first CIDR of each family of `clusterCIDR` or of the Node's `spec.podCIDRs`, or an
 * interface. As in kube-proxy, CIDRs of only the wrong family are a problem on a node with one family, and a warning on
 * one with two.
 */
export const localPods = (
  configuration: Pick<Configuration, 'detectLocalMode' | 'detectLocal' | 'clusterCIDR'>,
  node: Node | undefined,
  addresses: NodeAddresses,
): LocalPods => {
  const { detectLocalMode, detectLocal, clusterCIDR } = configuration;
  switch (detectLocalMode) {
    case 'BridgeInterface':
      return byInterface(detectLocal.bridgeInterface, false);
    case 'InterfaceNamePrefix':
      return byInterface(detectLocal.interfaceNamePrefix, true);
    case 'NodeCIDR': {
      const given = node?.spec?.podCIDRs ?? (node?.spec?.podCIDR === undefined ? [] : [node.spec.podCIDR]);
      if (given.length === 0)
        return {
          detectors: {},
          warnings: [],
          problem:
            'detectLocalMode is NodeCIDR but the Node has no spec.podCIDRs: let the controller manager allocate node CIDRs, or choose another detectLocalMode',
        };
      return byCidr('spec.podCIDRs of the Node', given, addresses);
    }
    default:
      if (clusterCIDR === '')
        return {
          detectors: {},
          warnings: [
            'clusterCIDR is not set, so traffic from outside to cluster IPs keeps its source address: set it, or choose another detectLocalMode.',
          ],
        };
      return byCidr('clusterCIDR', clusterCIDR.split(','), addresses);
  }
};

const byInterface = (name: string, prefix: boolean): LocalPods => ({
  detectors: { IPv4: { kind: 'interface', name, prefix }, IPv6: { kind: 'interface', name, prefix } },
  warnings: [],
});

const byCidr = (source: string, given: readonly string[], addresses: NodeAddresses): LocalPods => {
  const cidrs = given.flatMap((text) => parseCidr(text) ?? []);
  const first = (family: Family) => cidrs.find((cidr) => familyOf(cidr) === family);
  const detectors = Object.fromEntries(
    families.flatMap((family) => {
      const cidr = first(family);
      return cidr === undefined ? [] : [[family, { kind: 'source', cidr } as const]];
    }),
  ) as LocalPods['detectors'];
  const { primaryFamily } = addresses;
  const isDual = addresses.IPv4 !== undefined && addresses.IPv6 !== undefined;
  if (detectors[primaryFamily] !== undefined) return { detectors, warnings: [] };
  const message = `${source} has no ${primaryFamily} CIDR, but this node's primary family is ${primaryFamily}`;
  return isDual || Object.keys(detectors).length === 0
    ? { detectors, warnings: [`${message}: add one.`] }
    : { detectors, warnings: [], problem: `${message}: add one` };
};
