import { parseAddress } from '@nftproxier/core';
import type { ServiceKey } from '@nftproxier/core';
import type { Atom } from '../syntax/index.js';
import type { OwnedDelta } from '../delta/operations.js';
import { isCountingSet } from '../ruleset/counting.js';
import type { PlacedElement } from '../ruleset/parts.js';

/** An element that counts. One that is deleted and added again is another, and counts from 0. */
export interface CountedElement {
  /** The Service whose frontend it is; undefined of an endpoint, which may serve several. */
  readonly service: ServiceKey | undefined;
  /** Undefined of a node port. */
  readonly address: string | undefined;
  /** In nft's word. */
  readonly protocol: string;
  /** The port that clients connect to, or that an endpoint listens on. */
  readonly port: number;
}

/** The elements of a table that count, by their sets. Costs memory only where counters are on. */
export class CountedElements {
  readonly #sets = new Map<string, Map<string, CountedElement>>();

  /** The sets that have elements. */
  get sets(): ReadonlyMap<string, ReadonlyMap<string, CountedElement>> {
    return this.#sets;
  }

  /** Takes over what changes of Services did. An address may have gone from one to another: first all let go. */
  change(deltas: readonly OwnedDelta[]): void {
    for (const { delta } of deltas) {
      for (const [set, elements] of delta.remove) for (const { key } of elements) this.#remove(set, key);
    }
    for (const { owner, delta } of deltas) {
      for (const [set, elements] of delta.add) for (const { key } of elements) this.#add(set, key, owner);
    }
  }

  /** Takes over what became of shared elements. */
  changeShared(remove: readonly PlacedElement[], add: readonly PlacedElement[]): void {
    for (const { set, element } of remove) this.#remove(set, element.key);
    for (const { set, element } of add) this.#add(set, element.key, undefined);
  }

  #remove(set: string, key: readonly Atom[]): void {
    const elements = this.#sets.get(set);
    if (elements === undefined) return;
    elements.delete(countedKey(key));
    if (elements.size === 0) this.#sets.delete(set);
  }

  #add(set: string, key: readonly Atom[], service: ServiceKey | undefined): void {
    if (!isCountingSet(set)) return;
    const elements = this.#sets.get(set) ?? new Map<string, CountedElement>();
    elements.set(countedKey(key), counted(key, service));
    this.#sets.set(set, elements);
  }
}

function counted(key: readonly Atom[], service: ServiceKey | undefined): CountedElement {
  const [port, protocol, address] = [...key].reverse();
  return {
    service,
    address: address === undefined ? undefined : String(address),
    protocol: String(protocol),
    port: Number(port),
  };
}

/** One text for a key, whoever wrote it: nft need not print an address as it was given. */
export function countedKey(key: readonly Atom[]): string {
  return key.map((atom) => (typeof atom === 'string' ? (parseAddress(atom) ?? atom) : String(atom))).join(' ');
}
