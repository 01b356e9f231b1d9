import { parseAddress, parseCidr } from '@nftproxier/core';
import type { Atom, Verdict } from '../syntax/index.js';

/**
 * One text for every way to write the same key: addresses and prefixes in canonical form, prefixes of full length as
 * addresses, protocol numbers as words. Canonical IPv4 keys, the common case, are only joined.
 */
export function keyText(key: readonly Atom[]): string {
  let text = canonicalAtom(key[0] ?? '');
  for (let index = 1; index < key.length; index++) text += ` . ${canonicalAtom(key[index] ?? '')}`;
  return text;
}

/** One text for every way to write the same value; the empty text for none. */
export function valueText(value: readonly Atom[] | Verdict | undefined): string {
  if (value === undefined) return '';
  if (!('kind' in value)) return keyText(value);
  return 'chain' in value ? `${value.kind} ${value.chain}` : value.kind;
}

/** An address as RFC 5952 writes it, a prefix without host bits; anything else as it is. */
export function canonicalAtom(atom: Atom): string {
  if (typeof atom === 'number') return String(atom);
  if (atom.includes('/')) {
    const cidr = parseCidr(atom) ?? atom;
    return cidr.endsWith(cidr.includes(':') ? '/128' : '/32') ? cidr.slice(0, cidr.indexOf('/')) : cidr;
  }
  return atom.includes(':') ? (parseAddress(atom) ?? atom) : atom;
}
