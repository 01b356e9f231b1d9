import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Backend } from '@nftproxier/core';
import { assignSlots, isSame } from '../../src/slots/assign.js';

/** Each letter is a backend. */
function backends(letters: string): Backend[] {
  return Array.from(letters, (letter) => ({ address: letter as Backend['address'], port: 80, local: false }));
}

function letters(slots: readonly Backend[]): string {
  return slots.map(({ address }) => address).join('');
}

/** How many slots hold something else than before, or are new, or gone. */
function touched(before: readonly Backend[], after: readonly Backend[]): number {
  const slots = Array.from({ length: Math.max(before.length, after.length) }, (_, slot) => slot);
  return slots.filter((slot) => !isSame(before[slot], after[slot])).length;
}

describe('assignSlots', () => {
  const cases: [string, string, string, string][] = [
    ['at first in their order', '', 'ABC', 'ABC'],
    ['the same', 'ABC', 'ABC', 'ABC'],
    ['the same in another order', 'BCA', 'ABC', 'BCA'],
    ['one more goes to the end', 'BA', 'ABC', 'BAC'],
    ['one replaced takes its place', 'ABC', 'AXC', 'AXC'],
    ['one replaced, whatever the order', 'CBA', 'ABX', 'XBA'],
    ['the last one gone', 'ABC', 'AB', 'AB'],
    ['the first one gone: the last moves', 'ABC', 'BC', 'CB'],
    ['two gone: the last two move', 'ABCD', 'CD', 'DC'],
    ['holes and last ones gone', 'ABCDE', 'AE', 'AE'],
    ['a hole in the middle and at the end', 'ABC', 'B', 'B'],
    ['fewer newcomers than holes', 'ABCDE', 'CDEX', 'XECD'],
    ['more newcomers than holes', 'AB', 'BXYZ', 'XBYZ'],
    ['all others', 'ABC', 'XY', 'XY'],
    ['all gone', 'ABC', '', ''],
  ];
  test.each(cases)('%s: %s, then %s', (_, before, wanted, after) => {
    expect(letters(assignSlots(backends(before), backends(wanted)))).toBe(after);
  });

  it('gives back the slots there were where nothing differs', () => {
    const before = backends('BCA');
    expect(assignSlots(before, backends('ABC'))).toBe(before);
  });

  it('tells ports of one address apart', () => {
    const [backend] = backends('A') as [Backend];
    const other = { ...backend, port: 81 };
    expect(assignSlots([backend, other], [other])).toEqual([other]);
    expect(isSame(backend, other)).toBe(false);
    expect(isSame(backend, { ...backend, local: true })).toBe(true);
    expect(isSame(undefined, backend)).toBe(false);
    expect(isSame(undefined, undefined)).toBe(true);
  });

  const some = fc
    .uniqueArray(fc.constantFrom(...Array.from('ABCDEFGHIJ')), { maxLength: 10 })
    .map((list) => backends(list.join('')));

  it('is a bijection without holes, and moves nobody that can stay', () => {
    fc.assert(
      fc.property(some, some, (before, wanted) => {
        const after = assignSlots(before, wanted);
        expect(after.map(({ address }) => address).sort()).toEqual(wanted.map(({ address }) => address).sort());
        for (const [slot, backend] of before.entries()) {
          const stays = wanted.some((each) => isSame(each, backend)) && slot < wanted.length;
          if (stays) expect(letters(after.slice(slot, slot + 1))).toBe(backend.address);
        }
      }),
    );
  });

  it('touches at most two slots for one change', () => {
    fc.assert(
      fc.property(some, fc.nat(20), fc.constantFrom('add', 'remove', 'replace'), (before, at, change) => {
        const newcomer = backends('Z');
        const without = before.filter((_, index) => before.length === 0 || index !== at % before.length);
        const wanted =
          change === 'add' ? [...before, ...newcomer] : change === 'remove' ? without : [...without, ...newcomer];
        const after = assignSlots(before, wanted);
        expect(touched(before, after)).toBeLessThanOrEqual(change === 'remove' ? 2 : 1);
      }),
    );
  });

  it('keeps its promises through any number of changes', () => {
    fc.assert(
      fc.property(fc.array(some, { maxLength: 30 }), (lists) => {
        let slots: readonly Backend[] = [];
        for (const wanted of lists) {
          const after = assignSlots(slots, wanted);
          const gone = slots.filter((each) => !wanted.some((other) => isSame(each, other))).length;
          const come = wanted.filter((each) => !slots.some((other) => isSame(each, other))).length;
          expect(touched(slots, after)).toBeLessThanOrEqual(2 * gone + come);
          expect(new Set(letters(after)).size).toBe(wanted.length);
          slots = after;
        }
      }),
    );
  });

  it('does not depend on the order of the backends, but for newcomers', () => {
    fc.assert(
      fc.property(some, some, (before, wanted) => {
        const kept = wanted.filter((each) => before.some((other) => isSame(each, other)));
        expect(letters(assignSlots(before, [...kept].reverse()))).toBe(letters(assignSlots(before, kept)));
      }),
    );
  });
});
