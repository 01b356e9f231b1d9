import { addressOfBytes, bytesOf, contains, parseCidr } from '@nftproxier/core';
import type { Cidr } from '@nftproxier/core';
import type { Atom, Element } from '../syntax/index.js';
import { canonicalAtom, keyText } from './key.js';

/**
 * The elements of an interval set, by the lengths of their prefixes: to find what covers a key, its addresses are cut to
 * each combination of lengths in use. There are few of those, however many elements there are.
 */
export class Intervals {
  readonly #byLengths = new Map<string, Map<string, Element>>();

  add(element: Element): void {
    const lengths = lengthsOf(element.key);
    const elements = this.#byLengths.get(lengths) ?? new Map<string, Element>();
    this.#byLengths.set(lengths, elements.set(keyText(element.key), element));
  }

  delete(element: Element): void {
    const lengths = lengthsOf(element.key);
    const elements = this.#byLengths.get(lengths);
    elements?.delete(keyText(element.key));
    if (elements?.size === 0) this.#byLengths.delete(lengths);
  }

  /** The element that covers a key without prefixes. */
  find(key: readonly Atom[]): Element | undefined {
    for (const [lengths, elements] of this.#byLengths) {
      const found = elements.get(keyText(cut(key, lengths.split(' '))));
      if (found) return found;
    }
    return undefined;
  }

  /** The element that the start of a key, perhaps with prefixes, lies in. */
  startingIn(key: readonly Atom[]): Element | undefined {
    return this.find(key.map(firstOf));
  }

  /**
   * The element that keeps another from being added. As in the kernel, of a concatenation only its first and its last key
   * are looked up: one that encloses an element without sharing its start or end is accepted. Of single prefixes nft
   * refuses every overlap.
   */
  overlapping(key: readonly Atom[]): Element | undefined {
    const found = this.startingIn(key) ?? this.find(key.map(lastOf));
    return found ?? (key.length === 1 ? this.#inside(key[0] ?? '') : undefined);
  }

  #inside(outer: Atom): Element | undefined {
    const cidr = parseCidr(outer);
    return cidr && this.#all().find((element) => contains(cidr, canonicalAtom(element.key[0] ?? '')));
  }

  #all(): readonly Element[] {
    return [...this.#byLengths.values()].flatMap((elements) => [...elements.values()]);
  }
}

function lengthsOf(key: readonly Atom[]): string {
  return key.map((atom) => prefixOf(atom)?.split('/')[1] ?? '-').join(' ');
}

function cut(key: readonly Atom[], lengths: readonly string[]): readonly Atom[] {
  return key.map((atom, index) => (lengths[index] === '-' ? atom : `${String(atom)}/${lengths[index] ?? ''}`));
}

function firstOf(atom: Atom): Atom {
  return prefixOf(atom)?.split('/')[0] ?? atom;
}

function lastOf(atom: Atom): Atom {
  const cidr = prefixOf(atom);
  if (cidr === undefined) return atom;
  const [address = '', length] = cidr.split('/');
  const host = (index: number): number => 0xff >> Math.min(8, Math.max(0, Number(length) - 8 * index));
  return addressOfBytes(bytesOf(address).map((byte, index) => byte | host(index)));
}

function prefixOf(atom: Atom): Cidr | undefined {
  const text = canonicalAtom(atom);
  return text.includes('/') ? (text as Cidr) : undefined;
}
