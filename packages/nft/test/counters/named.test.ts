import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NamedCounts } from '../../src/counters/index.js';

const totalsOf = (totals: Readonly<Record<string, number>>) =>
  new Map(Object.entries(totals).map(([key, connections]) => [key, { connections }]));

describe('named counts', () => {
  it('give everyone a count of their own while there is room, and the others one together', () => {
    const counts = new NamedCounts<string>(2);
    counts.add('a', 1);
    counts.add('b', 2);
    counts.add('c', 3);
    counts.add('a', 4);
    expect(Object.fromEntries(counts.counts)).toEqual({ a: 5, b: 2 });
    expect([counts.rest, counts.total]).toEqual([3, 10]);
  });

  it('name those with the highest totals, whose counts go on from where they were', () => {
    const counts = new NamedCounts<string>(1);
    counts.add('a', 1);
    counts.add('b', 5);
    counts.elect(totalsOf({ a: 1, b: 5 }));
    counts.add('b', 1);
    expect(Object.fromEntries(counts.counts)).toEqual({ b: 1 });
    counts.elect(totalsOf({ a: 9, b: 6 }));
    counts.add('a', 1);
    expect(Object.fromEntries(counts.counts)).toEqual({ a: 2 });
    expect([counts.rest, counts.total]).toEqual([5, 8]);
  });

  it('never go back, never lose anything, and are never more than asked for', () => {
    const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), count: fc.nat(5), elects: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), fc.array(step, { maxLength: 60 }), (most, steps) => {
        const counts = new NamedCounts<string>(most);
        const totals = new Map<string, number>();
        const highest = new Map<string, number>();
        let rest = 0;
        const look = (): void => {
          expect(counts.counts.size).toBeLessThanOrEqual(most);
          for (const [name, value] of counts.counts) {
            expect(value).toBeGreaterThanOrEqual(highest.get(name) ?? 0);
            highest.set(name, value);
          }
          expect(counts.rest).toBeGreaterThanOrEqual(rest);
          ({ rest } = counts);
          const named = [...highest.values()].reduce((sum, value) => sum + value, 0);
          expect(named + rest).toBe(counts.total);
        };
        for (const { key, count, elects } of steps) {
          counts.add(key, count);
          totals.set(key, (totals.get(key) ?? 0) + count);
          look();
          if (elects) counts.elect(totalsOf(Object.fromEntries(totals)));
          look();
        }
      }),
    );
  });
});
