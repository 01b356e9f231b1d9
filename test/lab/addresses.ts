import { isIP } from 'node:net';
import { LabError } from './errors.js';

/** `IPv4` or `IPv6`, in the words of `Service.spec.ipFamilies`. */
export type Family = 'IPv4' | 'IPv6';

/** A node of the lab: `node-a` is under test, `node-b` only carries pods. */
export type NodeName = 'node-a' | 'node-b';

/** An IPv4 and an IPv6 address of the same thing. */
export type AddressPair = Readonly<Record<Family, string>>;

/** The machines of the lab and what they are called on the wire. Nothing here exists outside the lab's namespaces. */
export const addresses = {
  /** The node under test. Its primary addresses, which `nodePortAddresses: [primary]` means. */
  'node-a': { IPv4: '192.168.10.1', IPv6: 'fd00:192::1' },
  /** The node under test has a second interface, towards the world. */
  uplink: { IPv4: '192.168.20.1', IPv6: 'fd00:193::1' },
  'node-b': { IPv4: '192.168.10.2', IPv6: 'fd00:192::2' },
  /** A machine of the same LAN that is in no cluster. */
  client: { IPv4: '192.168.10.100', IPv6: 'fd00:192::100' },
  /** Everything that is not in the lab: node-a's default gateway, which answers for every other address. */
  world: { IPv4: '192.168.20.254', IPv6: 'fd00:193::254' },
} as const satisfies Record<string, AddressPair>;

/** More addresses the outside client can send from, for tests of source ranges. */
export const clientSources: Readonly<Record<Family, readonly string[]>> = {
  IPv4: ['198.51.100.50', '198.51.100.150', '203.0.114.50'],
  IPv6: ['2001:db8:50::50', '2001:db8:51::50'],
};

/** The pod networks. Both are inside the cluster CIDRs `10.244.0.0/16` and `fd00:10:244::/56`. */
export const podNetworks: Readonly<Record<NodeName, Readonly<Record<Family, { cidr: string; gateway: string }>>>> = {
  'node-a': {
    IPv4: { cidr: '10.244.1.0/24', gateway: '10.244.1.1' },
    IPv6: { cidr: 'fd00:10:244:1::/64', gateway: 'fd00:10:244:1::1' },
  },
  'node-b': {
    IPv4: { cidr: '10.244.2.0/24', gateway: '10.244.2.1' },
    IPv6: { cidr: 'fd00:10:244:2::/64', gateway: 'fd00:10:244:2::1' },
  },
};

/**
 * Where virtual addresses of the tests live. Nobody but the world has them: a packet to one of them that the node does
 * not translate arrives there, and that is how a test sees that it was left alone.
 */
export const virtualNetworks: Readonly<Record<Family, readonly string[]>> = {
  IPv4: ['10.96.0.0/16', '10.97.0.0/16', '203.0.113.0/24', '192.0.2.0/24'],
  IPv6: ['fd00:10:96::/112', 'fd00:10:97::/112', '2001:db8:1::/64', '2001:db8:2::/64'],
};

/** A pod of the lab: the digits after the last separator of its addresses are the same in both families. */
export interface PodIdentity {
  readonly node: NodeName;
  /** 2 to 254. */
  readonly number: number;
  readonly addresses: AddressPair;
}

const podPatterns = [
  ['node-a', /^10\.244\.1\.(\d{1,3})$/, /^fd00:10:244:1::(\d{1,3})$/],
  ['node-b', /^10\.244\.2\.(\d{1,3})$/, /^fd00:10:244:2::(\d{1,3})$/],
] as const;

/** The pod that has this address, in either family; undefined for an address outside the pod networks. */
export function podOf(address: string): PodIdentity | undefined {
  for (const [node, v4, v6] of podPatterns) {
    const number = Number((v4.exec(address) ?? v6.exec(address))?.[1]);
    if (number >= 2 && number <= 254) return podIdentity(node, number);
  }
  return undefined;
}

/** The pod of this number on this node. */
function podIdentity(node: NodeName, number: number): PodIdentity {
  const network = node === 'node-a' ? '1' : '2';
  return {
    node,
    number,
    addresses: { IPv4: `10.244.${network}.${number}`, IPv6: `fd00:10:244:${network}::${number}` },
  };
}

/** The family of an address in text. @throws LabError `LabAddress` where it is none. */
export function familyOf(address: string): Family {
  const version = isIP(address);
  if (version === 0) throw new LabError('LabAddress', `${JSON.stringify(address.slice(0, 60))} is not an IP address.`);
  return version === 4 ? 'IPv4' : 'IPv6';
}

/** `10.0.0.1:80`, or `[fd00::1]:80`. */
export function socketAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
