import { addressOfBytes, bytesOf, familyOf, parseAddress } from './address.js';
import type { Family } from './family.js';

declare const canonical: unique symbol;

/** A prefix in canonical text, its host bits zero: `10.96.0.0/16`. Only {@link parseCidr} makes one. */
export type Cidr = string & { readonly [canonical]: 'cidr' };

/**
 * Reads a prefix such as `10.96.0.0/16`. Host bits are cleared, as Kubernetes does; white space around it is ignored. A
 * prefix of IPv4-mapped addresses (`::ffff:10.0.0.0/104`) is the IPv4 prefix.
 *
 * @returns the canonical prefix, or undefined if the text is not one.
 */
export function parseCidr(text: unknown): Cidr | undefined {
  if (typeof text !== 'string' || text.length > 128) return undefined;
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text.trim());
  const address = parseAddress(match?.[1]);
  if (address === undefined) return undefined;
  const family = familyOf(address);
  const isMapped = family === 'IPv4' && familyOf(text) === 'IPv6';
  const length = Number(match?.[2]) - (isMapped ? 96 : 0);
  if (length < 0 || length > widthOf(family)) return undefined;
  return `${addressOfBytes(masked(bytesOf(address), length))}/${String(length)}` as Cidr;
}

/** The number of bits in the addresses of a family. */
export function widthOf(family: Family): 32 | 128 {
  return family === 'IPv4' ? 32 : 128;
}

/** The number of leading bits that addresses of a prefix share. */
export function lengthOf(cidr: Cidr): number {
  return Number(cidr.slice(cidr.indexOf('/') + 1));
}

/** Whether a prefix (or, as a prefix of full length, an address) lies within another one. */
export function contains(outer: Cidr, inner: string): boolean {
  const slash = inner.indexOf('/');
  const address = slash < 0 ? inner : inner.slice(0, slash);
  const length = slash < 0 ? widthOf(familyOf(address)) : Number(inner.slice(slash + 1));
  if (familyOf(outer) !== familyOf(address) || length < lengthOf(outer)) return false;
  const bytes = masked(bytesOf(address), lengthOf(outer));
  return bytesOf(outer.slice(0, outer.indexOf('/'))).every((byte, index) => byte === bytes[index]);
}

/**
 * The same addresses in fewer prefixes: duplicates and prefixes inside another one are left out, the rest is sorted by
 * text. The kernel refuses an interval set in which one element lies inside another ("File exists").
 */
export function collapse(cidrs: readonly Cidr[]): readonly Cidr[] {
  const byLength = [...new Set(cidrs)].sort((a, b) => lengthOf(a) - lengthOf(b));
  const kept = new Map<number, Set<string>>();
  const result: Cidr[] = [];
  for (const cidr of byLength) {
    if (isCovered(cidr, kept)) continue;
    const length = lengthOf(cidr);
    const sameLength = kept.get(length) ?? new Set();
    kept.set(length, sameLength.add(cidr));
    result.push(cidr);
  }
  return result.sort();
}

function isCovered(cidr: Cidr, shorter: ReadonlyMap<number, ReadonlySet<string>>): boolean {
  const bytes = bytesOf(cidr.slice(0, cidr.indexOf('/')));
  for (const [length, prefixes] of shorter) {
    if (length <= lengthOf(cidr) && prefixes.has(`${addressOfBytes(masked(bytes, length))}/${String(length)}`))
      return true;
  }
  return false;
}

function masked(bytes: readonly number[], length: number): readonly number[] {
  return bytes.map((byte, index) => byte & (0xff << (8 - Math.min(8, Math.max(0, length - 8 * index)))) & 0xff);
}
