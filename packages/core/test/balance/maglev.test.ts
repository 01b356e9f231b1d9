import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maglevTable, maglevTableSize, maglevTableSizes } from '@nftproxier/core';
import type { TableEndpoint } from '@nftproxier/core';

/** Endpoints with addresses all over a /16, in the order of their names. */
function endpointsOf(numbers: readonly number[], weights: readonly number[] = []): TableEndpoint[] {
  return numbers.map((number, index) => ({
    address: `10.244.${String(number >> 8)}.${String(number & 0xff)}`,
    port: 8080,
    ...(weights[index] !== undefined && { weight: weights[index] }),
  }));
}

const loadsOf = (table: Uint32Array, count: number): number[] => {
  const loads = new Array<number>(count).fill(0);
  for (const index of table) loads[index]! += 1;
  return loads;
};

/** The share of slots that hold another endpoint. */
function moved(before: readonly TableEndpoint[], after: readonly TableEndpoint[], size: number, seed: number): number {
  const [from, to] = [maglevTable(before, size, seed), maglevTable(after, size, seed)];
  const differs = from.filter((index, slot) => before[index] !== after[to[slot] ?? -1]);
  return differs.length / size;
}

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
const numbers = (most: number): fc.Arbitrary<number[]> =>
  fc.uniqueArray(fc.integer({ min: 1, max: 65_534 }), { minLength: 2, maxLength: most, size: 'max' });

/** The smallest table with 100 slots per endpoint: where balance and disruption are promised. */
const sizeFor = (count: number): number => maglevTableSizes.find((size) => size >= 100 * count) ?? 0;

/** Nothing can end a test that never yields, and to make a counterexample of so large tables smaller takes hours. */
const large = { endOnFailure: true };

describe('a Maglev table', () => {
  it('has a prime number of slots', () => {
    for (const size of maglevTableSizes) {
      for (let factor = 2; factor * factor <= size; factor += 1) expect(size % factor).not.toBe(0);
    }
  });

  it('is as large as 25 slots per endpoint take, or as asked for, and has room for every endpoint', () => {
    expect([1, 10, 11, 40, 41, 163, 164, 655, 656, 100_000].map((count) => maglevTableSize(count))).toEqual([
      251, 251, 1_021, 1_021, 4_093, 4_093, 16_381, 16_381, 65_521, 65_521,
    ]);
    expect(maglevTableSize(3, 252)).toBe(1_021);
    expect(maglevTableSize(3, 65_521)).toBe(65_521);
    expect(maglevTableSize(1_000, 1)).toBe(1_021);
  });

  it('gives every endpoint the same share, largest over smallest at most 1.1, from 100 slots per endpoint on', () => {
    fc.assert(
      fc.property(numbers(160), seeds, (list, seed) => {
        const loads = loadsOf(maglevTable(endpointsOf(list), sizeFor(list.length), seed), list.length);
        expect(Math.max(...loads) / Math.min(...loads)).toBeLessThanOrEqual(1.1);
      }),
      { ...large, numRuns: 40 },
    );
  });

  it('moves at most 2/N of the slots when one of N endpoints goes or comes, from 110 slots per endpoint on', () => {
    fc.assert(
      fc.property(numbers(145), seeds, fc.nat(), (list, seed, which) => {
        const all = endpointsOf(list);
        const fewer = all.filter((_, index) => index !== which % all.length);
        const size = sizeFor(all.length);
        expect(moved(all, fewer, size, seed)).toBeLessThanOrEqual(2 / all.length);
        expect(moved(fewer, all, size, seed)).toBeLessThanOrEqual(2 / all.length);
      }),
      { ...large, numRuns: 40 },
    );
  });

  it('gives each endpoint its part by weight, and none for weight 0', () => {
    fc.assert(
      fc.property(numbers(40), fc.array(fc.nat(9), { minLength: 40, maxLength: 40 }), seeds, (list, weights, seed) => {
        const size = maglevTableSize(list.length, 4_000);
        const loads = loadsOf(maglevTable(endpointsOf(list, weights), size, seed), list.length);
        const used = weights.slice(0, list.length);
        const sum = used.reduce((total, weight) => total + weight, 0);
        for (const [index, load] of loads.entries()) {
          const share = sum === 0 ? 1 / list.length : (used[index] ?? 0) / sum;
          expect(Math.abs(load - share * size)).toBeLessThanOrEqual(Math.max(1, 0.045 * share * size));
        }
      }),
      { ...large, numRuns: 60 },
    );
  });

  it('gives a slot to everyone who has a weight, however small', () => {
    const loads = loadsOf(maglevTable(endpointsOf([1, 2, 3], [65_535, 1, 0]), 251, 7), 3);
    expect(loads).toEqual([250, 1, 0]);
  });

  it('is the same for the same endpoints and seed, and another for another seed', () => {
    const [first, again, other] = [7, 7, 8].map((seed) => maglevTable(endpointsOf([1, 2, 3, 4, 5]), 251, seed));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('leaves nearly all clients of the others where they are', () => {
    const all = endpointsOf([1, 2, 3, 4, 5]);
    for (const [gone] of all.entries()) {
      const others = all.filter((_, index) => index !== gone);
      const own = loadsOf(maglevTable(all, 1_021, 7), 5)[gone]! / 1_021;
      expect(moved(all, others, 1_021, 7)).toBeLessThan(own + 0.01);
    }
  });

  it('is empty of endpoints where there are none', () => {
    expect([...maglevTable([], 3, 7)]).toEqual([0, 0, 0]);
  });
});
