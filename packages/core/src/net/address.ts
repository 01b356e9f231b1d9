import type { Family } from './family.js';
import { formatGroups, parseGroups } from './ipv6.js';
import type { Groups } from './ipv6.js';

declare const canonical: unique symbol;

/**
 * An IP address in canonical text: IPv4 as four decimal numbers without leading zeros, IPv6 as RFC 5952 writes it.
 * Only {@link parseAddress} makes one, so that an address in a ruleset has always been read and written anew.
 */
export type Address = string & { readonly [canonical]: 'address' };

const dottedDecimal = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/;

/**
 * Reads an IP address the way Kubernetes does: numbers with leading zeros are decimal (`010.0.0.1` is `10.0.0.1`, where
 * nft would read `8.0.0.1`), an IPv4-mapped IPv6 address is the IPv4 address. Short forms (`10.1`), hexadecimal and
 * octal numbers, host names, zones (`fe80::1%eth0`) and prefixes are not addresses.
 *
 * @returns the canonical address, or undefined if the text is not one.
 */
export function parseAddress(text: unknown): Address | undefined {
  if (typeof text !== 'string' || text.length > 64) return undefined;
  if (!text.includes(':')) {
    const canonical = parseOctets(text)?.join('.');
    // The text itself, where it is canonical: a cluster has a million of them, and who reads them keeps them.
    return (canonical === text ? text : canonical) as Address | undefined;
  }
  const groups = parseGroups(text, parseOctets);
  if (groups === undefined) return undefined;
  const canonical = isMapped(groups) ? bytesOfGroups(groups.slice(6)).join('.') : formatGroups(groups);
  return (canonical === text ? text : canonical) as Address;
}

function parseOctets(text: string): readonly number[] | undefined {
  const match = dottedDecimal.exec(text);
  if (match === null) return undefined;
  const octets = [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4])];
  return octets.every((octet) => octet <= 255) ? octets : undefined;
}

/** ::ffff:a.b.c.d */
function isMapped(groups: Groups): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

/** The family of an address. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

/** What an address is for, as far as a service proxy may touch it. */
export type AddressScope = 'unicast' | 'unspecified' | 'loopback' | 'link-local' | 'multicast' | 'reserved';

/**
 * The scope of an address. Only `unicast` addresses may be frontends or endpoints: a Service must not lead to a node's
 * own loopback or its link (CVE-2020-8558, CVE-2021-25737), nor take them over. 240.0.0.0/4 is unicast: Linux routes it,
 * and clusters that ran out of private addresses number their Pods and Services from it.
 */
export function scopeOf(address: Address): AddressScope {
  return address.includes(':') ? scopeOfIPv6(address) : scopeOfIPv4(address);
}

function scopeOfIPv4(address: Address): AddressScope {
  const dot = address.indexOf('.');
  const first = Number(address.slice(0, dot));
  if (first === 0) return 'unspecified';
  if (first === 127) return 'loopback';
  if (first === 169 && address.startsWith('169.254.')) return 'link-local';
  if (first >= 224 && first <= 239) return 'multicast';
  return address === '255.255.255.255' ? 'reserved' : 'unicast';
}

function scopeOfIPv6(address: Address): AddressScope {
  if (address === '::') return 'unspecified';
  if (address === '::1') return 'loopback';
  const value = bytesOf(address);
  const first = value[0] ?? 0;
  const second = value[1] ?? 0;
  if (first === 0xff) return 'multicast';
  if (first === 0xfe && (second & 0xc0) === 0x80) return 'link-local';
  // ::a.b.c.d, deprecated by RFC 4291: a second spelling of IPv4 addresses that no node routes.
  return value.slice(0, 12).every((byte) => byte === 0) ? 'reserved' : 'unicast';
}

/** The bytes of an address in network order: 4 of IPv4, 16 of IPv6; none of a text that is not an address. */
export function bytesOf(address: string): readonly number[] {
  if (!address.includes(':')) return parseOctets(address) ?? [];
  return bytesOfGroups(parseGroups(address, parseOctets) ?? []);
}

function bytesOfGroups(groups: Groups): readonly number[] {
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

/** The address of 4 or 16 bytes in network order. */
export function addressOfBytes(bytes: readonly number[]): Address {
  if (bytes.length === 4) return bytes.join('.') as Address;
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0));
  return formatGroups(groups) as Address;
}
