import type { Element, SetDeclaration } from '../syntax/index.js';
import { isSame } from '../slots/assign.js';
import type { Backend } from '@nftproxier/core';
import type { Contribution, OwnChain, PlacedElement, SlotRange } from '../ruleset/parts.js';
import type { SharedChain } from '../ruleset/pick.js';

/** Elements by the set they belong to. */
export type ElementsBySet = Map<string, Element[]>;

/** What turns one service's contribution into another. */
export interface ServiceDelta {
  readonly remove: ElementsBySet;
  readonly add: ElementsBySet;
  /** Shared elements this service no longer needs, and those it needs now. */
  readonly release: readonly PlacedElement[];
  readonly acquire: readonly PlacedElement[];
  /** Shared chains that the added elements lead to. */
  readonly chains: readonly SharedChain[];
  readonly addSets: readonly SetDeclaration[];
  readonly deleteSets: readonly string[];
  readonly addChains: readonly OwnChain[];
  /** Chains that exist and get other rules. */
  readonly changeChains: readonly OwnChain[];
  readonly deleteChains: readonly string[];
}

/** The identity of an element: its set and key. */
export function identityOf({ set, element }: PlacedElement): string {
  return `${set} ${element.key.join(' ')}`;
}

/**
 * The difference between what a service contributed and what it contributes now. A map's element cannot be overwritten:
 * one whose value changed is in `remove` and in `add`. One that did not change is in neither: the kernel checks all
 * verdicts of a table again whenever one is added.
 */
export function deltaOf(before: readonly Contribution[], after: readonly Contribution[]): ServiceDelta {
  const remove: ElementsBySet = new Map();
  const add: ElementsBySet = new Map();
  compareElements(elementsOf(before), elementsOf(after), remove, add);
  compareRanges(rangesOf(before), rangesOf(after), remove, add);

  const held = sharedOf(before);
  const needed = sharedOf(after);
  const ownBefore = new Map(before.flatMap(({ ownChains }) => ownChains.map((chain) => [chain.name, chain])));
  const ownAfter = new Map(after.flatMap(({ ownChains }) => ownChains.map((chain) => [chain.name, chain])));
  const setsBefore = new Set(before.flatMap(({ ownSets }) => ownSets.map(({ name }) => name)));
  const setsAfter = new Map(after.flatMap(({ ownSets }) => ownSets.map((set) => [set.name, set])));
  return {
    remove,
    add,
    release: [...held].flatMap(([identity, placed]) => (needed.has(identity) ? [] : [placed])),
    acquire: [...needed].flatMap(([identity, placed]) => (held.has(identity) ? [] : [placed])),
    chains: after.flatMap(({ chains }) => chains),
    addSets: [...setsAfter.values()].filter(({ name }) => !setsBefore.has(name)),
    deleteSets: [...setsBefore].filter((name) => !setsAfter.has(name)),
    addChains: [...ownAfter.values()].filter(({ name }) => !ownBefore.has(name)),
    changeChains: [...ownAfter.values()].filter((chain) => isOther(ownBefore.get(chain.name), chain)),
    deleteChains: [...ownBefore.keys()].filter((name) => !ownAfter.has(name)),
  };
}

function isOther(before: OwnChain | undefined, after: OwnChain): boolean {
  return before !== undefined && JSON.stringify(before.rules) !== JSON.stringify(after.rules);
}

function elementsOf(contributions: readonly Contribution[]): ReadonlyMap<string, PlacedElement> {
  return new Map(contributions.flatMap(({ elements }) => elements.map((placed) => [identityOf(placed), placed])));
}

function sharedOf(contributions: readonly Contribution[]): ReadonlyMap<string, PlacedElement> {
  return new Map(contributions.flatMap(({ shared }) => shared.map((placed) => [identityOf(placed), placed])));
}

function rangesOf(contributions: readonly Contribution[]): ReadonlyMap<string, SlotRange> {
  return new Map(
    contributions.flatMap(({ ranges }) => ranges.map((range) => [`${range.map} ${range.prefix.join(' ')}`, range])),
  );
}

function compareElements(
  before: ReadonlyMap<string, PlacedElement>,
  after: ReadonlyMap<string, PlacedElement>,
  remove: ElementsBySet,
  add: ElementsBySet,
): void {
  for (const [identity, placed] of before) {
    const now = after.get(identity);
    if (now !== undefined && isSameValue(placed.element, now.element)) continue;
    append(remove, placed.set, placed.element);
    if (now !== undefined) append(add, now.set, now.element);
  }
  for (const [identity, placed] of after) if (!before.has(identity)) append(add, placed.set, placed.element);
}

function isSameValue(a: Element, b: Element): boolean {
  return JSON.stringify(a.value) === JSON.stringify(b.value);
}

const noSlots: readonly Backend[] = [];

function compareRanges(
  before: ReadonlyMap<string, SlotRange>,
  after: ReadonlyMap<string, SlotRange>,
  remove: ElementsBySet,
  add: ElementsBySet,
): void {
  for (const [identity, range] of before) {
    compareSlots(range, range.slots, after.get(identity)?.slots ?? noSlots, remove, add);
  }
  for (const [identity, range] of after) {
    if (!before.has(identity)) compareSlots(range, noSlots, range.slots, remove, add);
  }
}

function compareSlots(
  { map, prefix }: SlotRange,
  before: readonly Backend[],
  after: readonly Backend[],
  remove: ElementsBySet,
  add: ElementsBySet,
): void {
  if (before === after) return;
  const count = Math.max(before.length, after.length);
  for (let slot = 0; slot < count; slot += 1) {
    const was = before[slot];
    const is = after[slot];
    if (isSame(was, is)) continue;
    if (was !== undefined) append(remove, map, { key: [...prefix, slot], value: [was.address, was.port] });
    if (is !== undefined) append(add, map, { key: [...prefix, slot], value: [is.address, is.port] });
  }
}

/** Adds an element to those of its set. */
export function append(elements: ElementsBySet, set: string, element: Element): void {
  const known = elements.get(set);
  if (known === undefined) elements.set(set, [element]);
  else known.push(element);
}
