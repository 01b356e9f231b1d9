import { type Address, familyOf, type Family, type Node, parseAddress, scopeOf } from '@nftproxier/core';

/** The addresses of this node, one for each family it is known for. */
export interface NodeAddresses {
  /** The family of the first address; `IPv4` if no address is known. */
  readonly primaryFamily: Family;
  readonly IPv4?: Address;
  readonly IPv6?: Address;
}

/**
 * The addresses of the Node object as kube-proxy takes them: InternalIP entries before ExternalIP entries, the first
 * one, and the first one of the other family. Text that is no address is passed over.
 */
export const addressesOfNode = (node: Node | undefined): readonly Address[] => {
  const entries = node?.status?.addresses ?? [];
  const ordered = ['InternalIP', 'ExternalIP'].flatMap((type) =>
    entries.filter((entry) => entry.type === type).flatMap(({ address }) => parseAddress(address) ?? []),
  );
  const [first] = ordered;
  if (first === undefined) return [];
  const other = ordered.find((address) => familyOf(address) !== familyOf(first));
  return other === undefined ? [first] : [first, other];
};

/**
 * The addresses of this node: those of the Node object, where a concrete `bindAddress` takes the place of the one of its
 * family and comes first. Where kube-proxy assumes a loopback address nothing is known here: no address is made up.
 */
export const nodeAddresses = (bindAddress: string, node: Node | undefined): NodeAddresses => {
  const bound = parseAddress(bindAddress);
  const own = addressesOfNode(node);
  const all = bound === undefined || scopeOf(bound) === 'unspecified' ? own : [bound, ...own];
  const of = (family: Family) => all.find((address) => familyOf(address) === family);
  const [IPv4, IPv6] = [of('IPv4'), of('IPv6')];
  return {
    primaryFamily: all[0] === undefined ? 'IPv4' : familyOf(all[0]),
    ...(IPv4 === undefined ? {} : { IPv4 }),
    ...(IPv6 === undefined ? {} : { IPv6 }),
  };
};

/** The known addresses, that of the primary family first. */
export const inOrder = (addresses: NodeAddresses): readonly Address[] =>
  (addresses.primaryFamily === 'IPv4' ? [addresses.IPv4, addresses.IPv6] : [addresses.IPv6, addresses.IPv4]).filter(
    (address) => address !== undefined,
  );
