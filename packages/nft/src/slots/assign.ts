import type { Backend } from '@nftproxier/core';

/**
 * Gives backends their slots, moving as few as possible: who has a slot keeps it if it is still there, newcomers fill the
 * holes, and if there are more holes than newcomers the last slots move into them. Slots 0 to N-1 are always full, and a
 * change of one backend touches at most two of them.
 *
 * @param before the slots so far; empty at first.
 * @param wanted the backends, each once.
 * @returns the slots; `before` itself if nothing differs.
 */
export function assignSlots(before: readonly Backend[], wanted: readonly Backend[]): readonly Backend[] {
  if (before.length === 0 || wanted.length === 0) return wanted;
  const missing = new Map<string, Backend>();
  for (const backend of wanted) missing.set(identityOf(backend), backend);

  const holes: number[] = [];
  const slots: (Backend | undefined)[] = [];
  for (const [slot, backend] of before.entries()) {
    const kept = missing.get(identityOf(backend));
    missing.delete(identityOf(backend));
    slots.push(kept);
    if (kept === undefined) holes.push(slot);
  }
  let filled = 0;
  for (const newcomer of missing.values()) {
    const hole = holes[filled];
    if (hole === undefined) slots.push(newcomer);
    else slots[hole] = newcomer;
    filled += 1;
  }
  while (slots.length > wanted.length) {
    const last = slots.pop();
    const hole = last === undefined ? undefined : holes[filled++];
    if (hole !== undefined) slots[hole] = last;
  }
  const full = slots.filter((backend) => backend !== undefined);
  return full.length === before.length && full.every((backend, slot) => isSame(backend, before[slot])) ? before : full;
}

function identityOf(backend: Backend): string {
  return `${backend.address} ${String(backend.port)}`;
}

/** Whether two slots hold the same endpoint. */
export function isSame(a: Backend | undefined, b: Backend | undefined): boolean {
  return a === b || (a?.address === b?.address && a?.port === b?.port);
}
