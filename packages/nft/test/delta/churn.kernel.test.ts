import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomEvent, seededRandom, smallWorld, tell } from '@nftproxier/core/testing';
import { FakeNft } from '../../src/fake/index.js';
import { activationOperations, skeletonOperations } from '../../src/ruleset/index.js';
import { createTarget } from '../../src/run/index.js';
import { TableModel } from '../../src/table/model.js';
import type { PreparedChange } from '../../src/table/model.js';
import { contentsOfFake, contentsOfKernel } from '../fake/contents.js';
import { settings } from '../ruleset/services.js';
import { makeNamespace } from '../run/namespace.js';
import type { Namespace } from '../run/namespace.js';
import { newPlanner } from './world.js';

const table = 'nftproxier';
let namespace: Namespace;

beforeAll(() => {
  namespace = makeNamespace();
});

afterAll(() => {
  namespace.remove();
});

it.each([1, 2])(
  'the kernel takes every change of services that the fake takes, and holds the same (%i)',
  async (seed) => {
    const random = seededRandom(seed);
    const targets = [new FakeNft(), createTarget(namespace.nft)] as const;
    const model = new TableModel(settings);
    const commit = async ({ operations, commit: remember }: PreparedChange): Promise<void> => {
      for (const target of targets) await target.apply({ table, operations });
      remember();
    };
    const fixed = [...skeletonOperations(settings), ...activationOperations(settings)];
    for (const target of targets) await target.apply({ table, operations: fixed });
    const planner = newPlanner(random, smallWorld);
    for (let step = 0; step < 60; step += 1) {
      await commit(model.prepare(planner.takeChanges(), { grouped: step % 10 === 0 }));
      if (step % 7 === 0) await commit(model.prepareCleanup());
      tell(planner, randomEvent(random));
    }
    expect(await contentsOfKernel(namespace.nft, table)).toEqual(contentsOfFake(targets[0], table));
    for (const target of targets) await target.apply({ table, operations: [{ op: 'delete-table' }] });
  },
);
