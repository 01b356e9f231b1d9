import { familyOf } from '@nftproxier/core';
import type { Atom, Expression } from '../syntax/index.js';

/** The type of one part of a key or value, in nft's words. */
export type PartType =
  | 'ipv4_addr'
  | 'ipv6_addr'
  | 'inet_service'
  | 'inet_proto'
  | 'mark'
  | 'ifname'
  | 'nf_proto'
  | 'ct_state'
  | 'ct_status'
  | 'fib_addrtype'
  | 'icmp_type'
  | 'icmpv6_type'
  | 'integer';

/** The types of the parts of an expression: what decides whether it may be compared with, or looked up in, a set. */
export function typesOf(expression: Expression): readonly PartType[] {
  switch (expression.kind) {
    case 'concat':
      return expression.parts.flatMap(typesOf);
    case 'payload':
      if (expression.protocol === 'ip') return ['ipv4_addr'];
      if (expression.protocol === 'icmp' || expression.protocol === 'icmpv6') return [`${expression.protocol}_type`];
      return [expression.protocol === 'ip6' ? 'ipv6_addr' : 'inet_service'];
    case 'meta':
      return [metaTypes[expression.key]];
    case 'ct':
      return [expression.key === 'state' ? 'ct_state' : 'ct_status'];
    case 'fib':
      return ['fib_addrtype'];
    case 'numgen':
    case 'jhash':
      return ['integer'];
  }
}

/** Whether two lists of types are the same. */
export function sameTypes(a: readonly PartType[], b: readonly PartType[]): boolean {
  return a.length === b.length && a.every((type, index) => type === b[index]);
}

/**
 * Whether a part may stand where a type is wanted. Stricter than nft in one thing: nft takes a number for an IPv4 address
 * (`80` is 0.0.0.80), which nobody means.
 */
export function fits(atom: Atom, type: PartType, prefixes: boolean): boolean {
  const limit = numberLimits[type];
  if (typeof atom === 'number') return limit !== undefined && atom <= limit;
  if (type === 'ipv4_addr' || type === 'ipv6_addr') {
    if (!isAddress(atom) || (!prefixes && atom.includes('/'))) return false;
    return familyOf(atom) === (type === 'ipv4_addr' ? 'IPv4' : 'IPv6');
  }
  return words[type]?.includes(atom) ?? false;
}

const metaTypes = {
  l4proto: 'inet_proto',
  mark: 'mark',
  iifname: 'ifname',
  oifname: 'ifname',
  nfproto: 'nf_proto',
} as const;

const icmpWords = ['echo-request', 'echo-reply', 'destination-unreachable', 'time-exceeded', 'parameter-problem'];

const numberLimits: Readonly<Partial<Record<PartType, number>>> = {
  inet_service: 65_535,
  inet_proto: 255,
  nf_proto: 255,
  mark: 0xffff_ffff,
  integer: 0xffff_ffff,
};

const words: Readonly<Partial<Record<PartType, readonly string[]>>> = {
  inet_proto: ['tcp', 'udp', 'sctp', 'icmp', 'icmpv6'],
  nf_proto: ['ipv4', 'ipv6'],
  ct_state: ['new', 'established', 'related', 'invalid', 'untracked'],
  ct_status: ['snat', 'dnat'],
  icmp_type: icmpWords,
  icmpv6_type: [
    ...icmpWords,
    ...['packet-too-big', 'nd-router-solicit', 'nd-router-advert', 'nd-neighbor-solicit', 'nd-neighbor-advert'],
  ],
  fib_addrtype: ['local', 'unicast', 'broadcast', 'multicast'],
};

function isAddress(atom: string): boolean {
  return atom.includes(':') || /^\d/.test(atom);
}
