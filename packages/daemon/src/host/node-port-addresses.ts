import {
  type Address,
  type Cidr,
  contains,
  families,
  type Family,
  familyOf,
  parseCidr,
  scopeOf,
} from '@nftproxier/core';
import type { NodeAddresses } from './node-addresses.js';

/** Where NodePorts of one family are served: at every local address except loopback, or at the listed ones. */
export type NodePortScope =
  { readonly kind: 'all' } | { readonly kind: 'listed'; readonly addresses: readonly Address[] };

/** Where NodePorts are served, and what an operator should know about it. */
export interface NodePortScopes {
  readonly IPv4: NodePortScope;
  readonly IPv6: NodePortScope;
  readonly warnings: readonly string[];
}

/**
 * Resolves `nodePortAddresses` of the configuration.
 *
 * `primary` is the node's own address of each family, as far as an interface has it. If it is not known nothing is
 * served, and a warning says so: unlike kube-proxy, which then serves at every address. For CIDRs it is as in
 * kube-proxy: a zero CIDR, or none of a family, means all addresses of that family. Loopback addresses never count.
 */
export const nodePortScopes = (
  configured: readonly string[],
  node: NodeAddresses,
  local: readonly Address[],
): NodePortScopes => {
  const warnings: string[] = [];
  const scope = (family: Family): NodePortScope =>
    configured[0] === 'primary'
      ? primary(node[family], node.primaryFamily === family, local, warnings)
      : matching(family, configured, local, warnings);
  const [IPv4, IPv6] = families.map(scope) as [NodePortScope, NodePortScope];
  return { IPv4, IPv6, warnings };
};

const primary = (
  address: Address | undefined,
  isPrimary: boolean,
  local: readonly Address[],
  warnings: string[],
): NodePortScope => {
  if (address === undefined) {
    if (isPrimary)
      warnings.push(
        'The primary address of this node is not known, so NodePorts are not served: wait for the Node to get an InternalIP or ExternalIP, or set bindAddress or nodePortAddresses.',
      );
    return { kind: 'listed', addresses: [] };
  }
  if (scopeOf(address) === 'loopback') return { kind: 'listed', addresses: [] };
  if (!local.includes(address)) {
    warnings.push(
      `The address ${address} of this node is on none of its interfaces, so NodePorts are not served there: set nodePortAddresses to the CIDR of the addresses that are.`,
    );
    return { kind: 'listed', addresses: [] };
  }
  return { kind: 'listed', addresses: [address] };
};

const matching = (
  family: Family,
  configured: readonly string[],
  local: readonly Address[],
  warnings: string[],
): NodePortScope => {
  const cidrs = configured.flatMap((text) => parseCidr(text) ?? []).filter((cidr) => familyOf(cidr) === family);
  if (cidrs.length === 0) {
    warnings.push(
      `nodePortAddresses has no ${family} CIDR, so NodePorts are served at all ${family} addresses: add one, or set it to primary.`,
    );
    return { kind: 'all' };
  }
  if (cidrs.some((cidr) => cidr.endsWith('/0'))) return { kind: 'all' };
  for (const cidr of cidrs.filter(isLoopback))
    warnings.push(
      `nodePortAddresses names ${cidr}, but NodePorts are not served on loopback addresses in nftables mode.`,
    );
  const addresses = local
    .filter((address) => scopeOf(address) !== 'loopback' && cidrs.some((cidr) => contains(cidr, address)))
    .toSorted();
  if (addresses.length === 0)
    warnings.push(
      `No ${family} address of this node is in ${cidrs.join(', ')}, so ${family} NodePorts are not served.`,
    );
  return { kind: 'listed', addresses };
};

const loopback: readonly Cidr[] = ['127.0.0.0/8', '::1/128'].flatMap((text) => parseCidr(text) ?? []);

const isLoopback = (cidr: Cidr): boolean => loopback.some((outer) => contains(outer, cidr));
