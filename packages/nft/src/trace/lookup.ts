import { contains, parseCidr } from '@nftproxier/core';
import { canonicalAtom, keyText } from '../fake/key.js';
import type { SetState } from '../fake/index.js';
import { Intervals } from '../fake/intervals.js';
import type { Atom, Element, Operand } from '../syntax/index.js';
import type { Place, World } from './world.js';

/** The element of a set or map that a key finds, with what the packet itself has put there. */
export function elementFor(name: string, key: readonly Atom[], world: World, place: Place): Element | undefined {
  const set = place.table.sets.get(name);
  if (!set) return undefined;
  const text = keyText(key);
  const found = intervalsOf(set, place)?.find(key) ?? set.elements.get(text);
  if (found) return found;
  const own = world.updates.find(
    (update) => update.table === place.table.name && update.set === name && keyText(update.key) === text,
  );
  return own && { key: own.key };
}

/** Whether a comparison with `==` holds; flags are among others, as for nft. */
export function holds(values: readonly Atom[], right: Operand, world: World, place: Place): boolean {
  const [value = ''] = values;
  switch (right.kind) {
    case 'set':
      return elementFor(right.set, values, world, place) !== undefined;
    case 'value':
      return equals(value, right.value);
    case 'values':
      return right.values.some((wanted) => equals(value, wanted));
    case 'range':
      return typeof value === 'number' && value >= right.from && value <= right.to;
    case 'interface':
      return right.prefix ? String(value).startsWith(right.name) : value === right.name;
    case 'bits':
      return (Number(value) & right.mask) === 0;
  }
}

const protocolNumbers: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 };

function equals(value: Atom, wanted: Atom): boolean {
  const cidr = typeof wanted === 'string' && wanted.includes('/') ? parseCidr(wanted) : undefined;
  if (cidr) return contains(cidr, String(value));
  if (typeof wanted === 'number' && typeof value === 'string') return protocolNumbers[value] === wanted;
  return canonicalAtom(value) === canonicalAtom(wanted);
}

function intervalsOf(set: SetState, { scene }: Place): Intervals | undefined {
  if (!set.declaration.flags?.includes('interval')) return undefined;
  const known = scene.intervals.get(set);
  if (known) return known;
  const intervals = new Intervals();
  for (const element of set.elements.values()) intervals.add(element);
  scene.intervals.set(set, intervals);
  return intervals;
}
