import type { Atom, Element } from '../syntax/index.js';
import { keyText, valueText } from './key.js';
import type { FakeChain, FakeSet, FakeTable } from './objects.js';
import { invalid, refuse, StepRefused } from './refusal.js';
import { fits } from './type.js';
import type { PartType } from './type.js';
import type { UndoLog } from './undo.js';

/** Adds elements to a set or map. @returns whether a verdict map leads to a chain it did not lead to before. */
export function addElements(table: FakeTable, set: FakeSet, elements: readonly Element[], undo: UndoLog): boolean {
  let newTarget = false;
  elements.forEach((element, index) => {
    checkElement(set, element, index);
    const target = targetOf(table, element, index);
    const text = keyText(element.key);
    const present = set.elements.get(text);
    if (present) {
      if (valueText(present.value) !== valueText(element.value)) refuse('exists', index);
      replace(set, text, present, element, undo);
      return;
    }
    if (set.intervals?.overlapping(element.key)) refuse('exists', index);
    if (set.declaration.size !== undefined && set.elements.size >= set.declaration.size) refuse('set-full', index);
    if (target) newTarget = count(set, target, 1) === 1 || newTarget;
    set.elements.set(text, element);
    set.intervals?.add(element);
    undo.push(() => {
      set.elements.delete(text);
      set.intervals?.delete(element);
      if (target) count(set, target, -1);
    });
  });
  return newTarget;
}

/** Deletes elements by their keys; values are not compared, as in the kernel. */
export function deleteElements(table: FakeTable, set: FakeSet, elements: readonly Element[], undo: UndoLog): void {
  elements.forEach(({ key }, index) => {
    checkParts(key, set.keyTypes, set.intervals !== undefined, index);
    const present = presentFor(set, key) ?? refuse('not-found', index);
    const text = keyText(present.key);
    const target = targetOf(table, present, index);
    set.elements.delete(text);
    set.intervals?.delete(present);
    if (target) count(set, target, -1);
    undo.push(() => {
      set.elements.set(text, present);
      set.intervals?.add(present);
      if (target) count(set, target, 1);
    });
  });
}

/** Lets go of every chain that a verdict map's elements lead to. */
export function releaseTargets(table: FakeTable, set: FakeSet, undo: UndoLog): void {
  const released = [...set.targets].map(([name, uses]) => [table.chains.get(name), uses] as const);
  for (const [chain, uses] of released) if (chain) count(set, chain, -uses);
  undo.push(() => {
    for (const [chain, uses] of released) if (chain) count(set, chain, uses);
  });
}

// Of concatenated intervals the kernel deletes the one that the key's start lies in, though it be larger.
function presentFor(set: FakeSet, key: readonly Atom[]): Element | undefined {
  return set.elements.get(keyText(key)) ?? (key.length > 1 ? set.intervals?.startingIn(key) : undefined);
}

// The kernel takes new times for an element that is there (since 6.13; older kernels keep the old times).
function replace(set: FakeSet, text: string, present: Element, element: Element, undo: UndoLog): void {
  if (element.timeoutSeconds === undefined && element.expiresSeconds === undefined) return;
  set.elements.set(text, element);
  undo.push(() => set.elements.set(text, present));
}

function count(set: FakeSet, chain: FakeChain, by: number): number {
  const { name } = chain.chain;
  const uses = (set.targets.get(name) ?? 0) + by;
  if (uses === 0) set.targets.delete(name);
  else set.targets.set(name, uses);
  chain.uses += by;
  return uses;
}

function targetOf(table: FakeTable, { value }: Element, index: number): FakeChain | undefined {
  if (value === undefined || !('chain' in value)) return undefined;
  const chain = table.chains.get(value.chain) ?? refuse('not-found', index);
  if (chain.chain.base) refuse('not-supported', index);
  return chain;
}

function checkElement(set: FakeSet, element: Element, index: number): void {
  checkParts(element.key, set.keyTypes, set.intervals !== undefined, index);
  checkValue(set, element, index);
  checkTimes(set, element, index);
}

function checkValue({ valueTypes }: FakeSet, { value }: Element, index: number): void {
  if (valueTypes === undefined) {
    if (value !== undefined) invalid('set is not a map', index);
  } else if (value === undefined || 'kind' in value !== (valueTypes === 'verdict')) {
    invalid('Could not process rule: Invalid argument', index);
  } else if (!('kind' in value) && valueTypes !== 'verdict') {
    checkParts(value, valueTypes, false, index);
  }
}

function checkParts(atoms: readonly Atom[], types: readonly PartType[], prefixes: boolean, index: number): void {
  const fit =
    atoms.length === types.length && atoms.every((atom, part) => fits(atom, types[part] as PartType, prefixes));
  if (!fit) invalid('invalid data type', index);
}

function checkTimes(set: FakeSet, { timeoutSeconds, expiresSeconds }: Element, index: number): void {
  if (timeoutSeconds === undefined && expiresSeconds === undefined) return;
  if (!set.has('timeout')) invalid('Could not process rule: Invalid argument', index);
  const timeout = timeoutSeconds ?? set.declaration.timeoutSeconds;
  if (timeout === undefined) refuse('not-supported', index);
  if ((expiresSeconds ?? 0) > timeout) {
    throw new StepRefused('other', 'Could not process rule: Numerical result out of range', index);
  }
}
