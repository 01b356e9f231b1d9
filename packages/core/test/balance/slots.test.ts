import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { jhash, sharesOf, slotCountOf, slotOfClient, slotsOf } from '@nftproxier/core';
import type { Algorithm, TableEndpoint } from '@nftproxier/core';

const hash = { hashKey: 'client', seed: 5 } as const;
const algorithms: readonly Algorithm[] = [
  { kind: 'random' },
  { kind: 'weighted' },
  { kind: 'source-hash', ...hash },
  { kind: 'maglev', ...hash },
];
const [random, weighted, sourceHash, maglev] = algorithms as [Algorithm, Algorithm, Algorithm, Algorithm];

/** One endpoint for each weight. */
function weights(...all: readonly number[]): TableEndpoint[] {
  return all.map((weight, index) => ({ address: `10.244.0.${String(index + 1)}`, port: 80, weight }));
}

/** How many slots each endpoint has. */
function counts(endpoints: readonly TableEndpoint[], algorithm: Algorithm): number[] {
  const slots = slotsOf(endpoints, algorithm);
  return endpoints.map((endpoint) => slots.filter((slot) => slot === endpoint).length);
}

describe('slots by weight', () => {
  test.each([
    ['in proportion', [7, 2, 1], [7, 2, 1]],
    ['without common factors', [700, 200, 100], [7, 2, 1]],
    ['equal weights', [9, 9, 9], [1, 1, 1]],
    ['0 drains', [1, 0, 1], [1, 0, 1]],
    ['all 0: as if there were no weights', [0, 0], [1, 1]],
    ['128 slots: still exact', [127, 1], [127, 1]],
    ['more: scaled to 128', [999, 1], [128, 1]],
    ['more: scaled to 128, rounded', [100, 200, 301], [21, 43, 64]],
    ['whatever the weight: at least one slot', [65_535, 1, 1], [128, 1, 1]],
    ['what is no weight counts as none', [-1, NaN, 1.5, 70_000], [0, 0, 1, 128]],
  ])('%s: %j', (_, given, wanted) => {
    expect(counts(weights(...given), weighted)).toEqual(wanted);
    expect(counts(weights(...given), sourceHash)).toEqual(wanted);
  });

  it('are exact, or within half a slot of their part of 128 or 8 per endpoint, and at least one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 65_535 }), { minLength: 2, maxLength: 40 }), (some) => {
        // Two neighbours have no factor in common: the weights do not add up to few.
        const list = [...some, 65_534, 65_535];
        const most = Math.max(128, 8 * list.length);
        const sum = list.reduce((all, weight) => all + weight, 0);
        for (const [index, count] of counts(weights(...list), weighted).entries()) {
          const part = ((list[index] ?? 0) * most) / sum;
          if (part === 0) expect(count).toBe(0);
          else if (part < 1) expect(count).toBe(1);
          else expect(Math.abs(count - part)).toBeLessThanOrEqual(0.5);
        }
      }),
    );
  });

  it('are not heeded by random choice', () => {
    const endpoints = weights(5, 0, 1);
    expect(slotsOf(endpoints, random)).toBe(endpoints);
  });
});

describe('slotsOf', () => {
  it.each(algorithms)('has as many slots as slotCountOf says, all of endpoints that were given: $kind', (algorithm) => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 30 }), (list) => {
        const endpoints = weights(...list);
        const slots = slotsOf(endpoints, algorithm);
        expect(slots.length).toBe(slotCountOf(endpoints, algorithm));
        expect(slots.every((slot) => endpoints.includes(slot))).toBe(true);
        expect(slots.length > 0).toBe(endpoints.length > 0);
      }),
      { numRuns: 30 },
    );
  });

  it.each(algorithms)('needs but one slot for one endpoint: $kind', (algorithm) => {
    const [one] = weights(3);
    expect(slotsOf([one!], algorithm)).toEqual([one]);
  });

  it('makes a table of the size asked for', () => {
    expect(slotsOf(weights(1, 1), { kind: 'maglev', ...hash, tableSize: 1_000 }).length).toBe(1_021);
    expect(slotsOf(weights(1, 1), maglev).length).toBe(251);
  });
});

describe('sharesOf', () => {
  it('says which part of the connections each endpoint gets', () => {
    const endpoints = weights(3, 1, 0);
    expect(sharesOf(endpoints, weighted).map(({ share }) => share)).toEqual([0.75, 0.25, 0]);
    expect(sharesOf(endpoints, random).map(({ share }) => share)).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect(sharesOf([], weighted)).toEqual([]);
  });
});

describe('slotOfClient', () => {
  it('hashes what the kernel hashes: the address, or the address and the port in a register of its own', () => {
    const client = { address: '10.244.0.9', port: 40_000 };
    expect(slotOfClient(client, hash, 251)).toBe(jhash([10, 244, 0, 9], 251, 5));
    const both = { hashKey: 'client-and-port', seed: 5 } as const;
    expect(slotOfClient(client, both, 251)).toBe(jhash([10, 244, 0, 9, 156, 64, 0, 0], 251, 5));
    expect(slotOfClient({ address: '10.244.0.9' }, both, 251)).toBeUndefined();
  });
});
