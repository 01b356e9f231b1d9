import type { Backend } from '@nftproxier/core';
import type { Atom, Element, Rule, SetDeclaration } from '../syntax/index.js';
import type { SharedChain } from './pick.js';

/** The slots of a service port's two lists: the same backends as in its plan, each in its place. */
export interface PortSlots {
  /** Of the plan's `cluster` list; slot numbers count from 0. */
  readonly cluster: readonly Backend[];
  /** Of the plan's `local` list. */
  readonly local: readonly Backend[];
}

/** An element with the set it belongs to. */
export interface PlacedElement {
  readonly set: string;
  readonly element: Element;
}

/** All slots of one frontend in one map: slot `i` is the element with key `prefix . i`. */
export interface SlotRange {
  readonly map: string;
  readonly prefix: readonly Atom[];
  readonly slots: readonly Backend[];
}

/** A chain of one service port alone. */
export interface OwnChain {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** What one service port adds to the table. */
export interface Contribution {
  /** Elements that only one service port can have. */
  readonly elements: readonly PlacedElement[];
  /** Elements that several may need: they stay until the last one lets go. */
  readonly shared: readonly PlacedElement[];
  readonly ranges: readonly SlotRange[];
  /** Shared chains that elements lead to. */
  readonly chains: readonly SharedChain[];
  /** Chains and sets of this service port: with session affinity only. */
  readonly ownChains: readonly OwnChain[];
  readonly ownSets: readonly SetDeclaration[];
}
