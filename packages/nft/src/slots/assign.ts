import { slotsOf } from '@nftproxier/core';
import type { Algorithm, Backend } from '@nftproxier/core';

/**
 * Gives backends their slots. Where slots are drawn at random any order will do, and as few slots as possible change what
 * they hold. Where a hash decides the order is that of the algorithm, whatever was before: another node must come to the
 * same.
 *
 * @param before the slots so far; empty at first.
 * @param wanted the backends, each once.
 * @returns the slots; `before` itself if nothing differs.
 */
export function slotsFor(
  before: readonly Backend[],
  wanted: readonly Backend[],
  algorithm: Algorithm,
): readonly Backend[] {
  const slots = slotsOf(wanted, algorithm);
  if (algorithm.kind === 'random' || algorithm.kind === 'weighted') return assignSlots(before, slots);
  return areSame(slots, before) ? before : slots;
}

/**
 * Who has a slot keeps it if it is still there, newcomers fill the holes, and if there are more holes than newcomers the
 * last slots move into them. Slots 0 to N-1 are always full, and a change of one of N backends touches at most two of them.
 * A backend may be wanted several times, and then has as many slots.
 */
export function assignSlots(before: readonly Backend[], wanted: readonly Backend[]): readonly Backend[] {
  if (before.length === 0 || wanted.length === 0) return wanted;
  const missing = new Map<string, Backend[]>();
  for (const backend of wanted) {
    const identity = identityOf(backend);
    const same = missing.get(identity);
    if (same === undefined) missing.set(identity, [backend]);
    else same.push(backend);
  }

  const holes: number[] = [];
  const slots: (Backend | undefined)[] = [];
  for (const [slot, backend] of before.entries()) {
    const kept = missing.get(identityOf(backend))?.pop();
    slots.push(kept);
    if (kept === undefined) holes.push(slot);
  }
  let filled = 0;
  for (const newcomers of missing.values()) {
    for (const newcomer of newcomers) {
      const hole = holes[filled];
      if (hole === undefined) slots.push(newcomer);
      else slots[hole] = newcomer;
      filled += 1;
    }
  }
  while (slots.length > wanted.length) {
    const last = slots.pop();
    const hole = last === undefined ? undefined : holes[filled++];
    if (hole !== undefined) slots[hole] = last;
  }
  const full = slots.filter((backend) => backend !== undefined);
  return areSame(full, before) ? before : full;
}

function areSame(slots: readonly Backend[], before: readonly Backend[]): boolean {
  return slots.length === before.length && slots.every((backend, slot) => isSame(backend, before[slot]));
}

function identityOf(backend: Backend): string {
  return `${backend.address} ${String(backend.port)}`;
}

/** Whether two slots hold the same endpoint. */
export function isSame(a: Backend | undefined, b: Backend | undefined): boolean {
  return a === b || (a?.address === b?.address && a?.port === b?.port);
}
