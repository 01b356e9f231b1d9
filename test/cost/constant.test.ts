import { afterEach, describe, expect, it } from 'vitest';
import { clusterOf } from '../../bench/cluster/changes.mjs';
import type { Change } from '../../bench/cluster/changes.mjs';
import { firstPods, serviceAt, slicesOf } from '../../bench/cluster/services.mjs';
import { CountedNode } from './node.js';
import type { Cost } from './node.js';
import { countSteps } from './steps.js';

const nodes: CountedNode[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.close();
});

const endpoints = 5;
/** Of the Service that changes, whose number has as many digits as that of the one that comes. */
const index = 77;
const newcomer = 20_077;
const pods = firstPods(index, endpoints);
/** None of them on the node itself. */
const another = 200_001;

/** One after the other, each on what the ones before left. */
const changes: Readonly<Record<string, Change>> = {
  'endpoint replaced': { slices: slicesOf(index, [...pods.slice(1), another]) },
  'endpoint added': { slices: slicesOf(index, [...pods.slice(1), another, another + 1]) },
  'endpoint added again, with its shared chain there': {
    slices: slicesOf(index + 1, [...firstPods(index + 1, endpoints), another + 2]),
  },
  'endpoint removed': { slices: slicesOf(index, [...pods.slice(2), another, another + 1]) },
  'service added': { services: [serviceAt(newcomer)], slices: slicesOf(newcomer, firstPods(newcomer, endpoints)) },
  'service deleted': { gone: [serviceAt(newcomer)], goneSlices: slicesOf(newcomer, []) },
  'nothing new': { slices: slicesOf(index, [...pods.slice(2), another, another + 1]) },
};

async function costs(services: number): Promise<Record<string, Cost>> {
  const node = new CountedNode();
  nodes.push(node);
  await node.load(clusterOf({ services, endpoints }));
  const all: Record<string, Cost> = {};
  for (const [name, change] of Object.entries(changes)) all[name] = await node.cost(change);
  return all;
}

describe('the cost of one change, counted', () => {
  it('is the same beside 100 and beside 10,000 Services', async () => {
    const few = await costs(100);
    const many = await costs(10_000);
    expect(many).toEqual(few);
    console.log('cost of one change beside 10,000 Services:', many);
  });

  it('is that of the Service that changes', async () => {
    const all = await costs(100);
    expect(
      Object.entries(all).map(([name, { planned, transactions, elements }]) => [name, planned, transactions, elements]),
    ).toEqual([
      ['endpoint replaced', 1, 1, 2],
      ['endpoint added', 1, 1, 3],
      ['endpoint added again, with its shared chain there', 1, 1, 3],
      ['endpoint removed', 1, 1, 5],
      ['service added', 1, 1, 7],
      ['service deleted', 1, 1, 7],
      ['nothing new', 1, 0, 0],
    ]);
  });
});

describe('the counter', () => {
  it.each<[string, (all: ReadonlyMap<number, number>) => unknown]>([
    [
      'a loop over a Map',
      (all) => {
        for (const [key] of all) expect(key).toBeGreaterThanOrEqual(0);
      },
    ],
    ['a copy of its keys', (all) => [...all.keys()]],
    ['forEach', (all) => all.forEach(() => undefined)],
    ['an array made of it', (all) => Array.from(all.values())],
    [
      'lookups one by one',
      (all) => {
        for (let key = 0; key < all.size; key += 1) all.get(key);
      },
    ],
  ])('notices %s', async (_, look) => {
    const all = new Map(Array.from({ length: 1_000 }, (__, key) => [key, key]));
    expect(await countSteps(async () => void look(all))).toBeGreaterThanOrEqual(1_000);
  });

  it('counts nothing where nothing is looked at', async () => {
    expect(await countSteps(() => Promise.resolve())).toBe(0);
  });
});
