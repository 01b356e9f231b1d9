import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlanChange, Planner } from '@nftproxier/core';
import { randomEvent, seededRandom, smallWorld, tell } from '@nftproxier/core/testing';
import { FakeNft } from '../../src/fake/index.js';
import { activationOperations, skeletonOperations } from '../../src/ruleset/index.js';
import type { Operation } from '../../src/syntax/index.js';
import { TableModel } from '../../src/table/model.js';
import type { PreparedChange } from '../../src/table/model.js';
import { settings } from '../ruleset/services.js';
import { contentsOf } from './contents.js';
import type { Contents } from './contents.js';
import { here, newPlanner } from './world.js';

const table = 'nftproxier';

/** A table of the fake and the model of it. */
class Loaded {
  readonly model = new TableModel(settings);
  readonly nft = new FakeNft();

  async load(operations: readonly Operation[]): Promise<void> {
    await this.nft.apply({ table, operations });
  }

  async start(): Promise<this> {
    await this.load([...skeletonOperations(settings), ...activationOperations(settings)]);
    return this;
  }

  async commit({ operations, commit }: PreparedChange): Promise<readonly Operation[]> {
    await this.load(operations);
    commit();
    return operations;
  }

  apply(changes: readonly PlanChange[], grouped = false): Promise<readonly Operation[]> {
    return this.commit(this.model.prepare(changes, { grouped }));
  }

  get contents(): Contents {
    return contentsOf(this.nft, table);
  }
}

/** The table of a process that starts with the plans there are. */
async function fresh(planner: Planner): Promise<Loaded> {
  const loaded = await new Loaded().start();
  await loaded.apply([...planner.plans].map(([service, plan]) => ({ service, plan })));
  return loaded;
}

function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected);
}

/** Every set, own chain and rule as in a table made at once; shared chains may be left over, but none may be missing. */
async function expectAsFresh(loaded: Loaded, planner: Planner): Promise<void> {
  const actual = loaded.contents;
  const expected = (await fresh(planner)).contents;
  expectSame(actual.sets, expected.sets);
  expectSame(actual.ownChains, expected.ownChains);
  for (const [name, rules] of Object.entries(expected.sharedChains)) expectSame(actual.sharedChains[name], rules);
}

describe('a table that changes with its services', () => {
  it.each([
    ['one change a transaction', 1, false],
    ['several changes a transaction', 0.3, false],
    ['several changes a transaction, grouped by set', 0.3, true],
  ])(
    'holds what a fresh one would, with %s',
    async (_, taking, grouped) => {
      await fc.assert(
        fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 25 }), async (seed, length) => {
          const random = seededRandom(seed);
          const planner = newPlanner(random, smallWorld);
          const loaded = await new Loaded().start();
          await loaded.apply(planner.takeChanges(), grouped);
          for (let step = 0; step < length; step += 1) {
            tell(planner, randomEvent(random));
            if (random() < taking) await loaded.apply(planner.takeChanges(), grouped);
            if (random() < 0.1) await loaded.commit(loaded.model.prepareCleanup());
          }
          await loaded.apply(planner.takeChanges(), grouped);
          await loaded.commit(loaded.model.prepareCleanup());
          expect(loaded.model.hasStaleChains).toBe(false);
          await expectAsFresh(loaded, planner);
        }),
        { numRuns: 8 },
      );
    },
    60_000,
  );

  it('is empty again when all services are gone', async () => {
    const random = seededRandom(1);
    const loaded = await new Loaded().start();
    const empty = loaded.contents;
    const planner = newPlanner(random, smallWorld);
    await loaded.apply(planner.takeChanges());
    expect(loaded.contents.sets).not.toEqual(empty.sets);
    planner.replaceServices([]);
    await loaded.apply(planner.takeChanges());
    await loaded.commit(loaded.model.prepareCleanup());
    expect(loaded.contents.sets).toEqual(empty.sets);
    expect(loaded.contents.ownChains).toEqual({});
    expect(loaded.model.counts).toMatchObject({ services: 0, servicePorts: 0, slots: 0 });
  });

  it('gets nothing for plans it holds', async () => {
    const planner = newPlanner(seededRandom(2), smallWorld);
    const loaded = await new Loaded().start();
    await loaded.apply(planner.takeChanges());
    planner.setNode({ ...here, allowExternalIPs: false });
    await loaded.apply(planner.takeChanges());
    const again = [...planner.plans].map(([service, plan]) => ({ service, plan }));
    expect(loaded.model.prepare(again).operations).toEqual([]);
  });

  it('is not changed by what was prepared and not committed', async () => {
    const random = seededRandom(3);
    const planner = newPlanner(random, smallWorld);
    const loaded = await new Loaded().start();
    await loaded.apply(planner.takeChanges());
    for (let step = 0; step < 20; step += 1) tell(planner, randomEvent(random));
    const changes = planner.takeChanges();
    const first = loaded.model.prepare(changes).operations;
    expect(loaded.model.prepare(changes).operations).toEqual(first);
    await loaded.apply(changes);
    await loaded.commit(loaded.model.prepareCleanup());
    await expectAsFresh(loaded, planner);
  });
});

describe('operations', () => {
  it('belong to services that changed, or to nobody', async () => {
    const random = seededRandom(4);
    const planner = newPlanner(random, smallWorld);
    const loaded = await new Loaded().start();
    await loaded.apply(planner.takeChanges());
    let seen = 0;
    for (let step = 0; step < 60; step += 1) {
      tell(planner, randomEvent(random));
      const changes = planner.takeChanges();
      const owners = new Set((await loaded.apply(changes)).map(({ owner }) => owner));
      owners.delete(undefined);
      seen += owners.size;
      expect([...owners].every((owner) => changes.some(({ service }) => service === owner))).toBe(true);
    }
    expect(seen).toBeGreaterThan(20);
  });

  it('are the same text for the same world', () => {
    const texts = [1, 2].map(() => {
      const planner = newPlanner(seededRandom(5), { ...smallWorld, services: 30 });
      return JSON.stringify(new TableModel(settings).prepare(planner.takeChanges()).operations);
    });
    expect(texts[0]).toBe(texts[1]);
  });
});
