import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeNft } from '../../src/fake/index.js';
import { createTarget, deleteTable } from '../../src/run/index.js';
import type { NftTarget } from '../../src/run/index.js';
import { makeNamespace } from '../run/namespace.js';
import type { Namespace } from '../run/namespace.js';
import { contentsOfFake, contentsOfKernel, outcomeOf } from './contents.js';
import { cases } from './contract.js';

let namespace: Namespace;
let kernel: NftTarget;
const table = 't';

beforeAll(() => {
  namespace = makeNamespace();
  kernel = createTarget(namespace.nft);
});

afterAll(() => {
  namespace.remove();
});

it.each(cases)('$outcome: $name', async ({ given, when, outcome, at }) => {
  await deleteTable(namespace.nft, table);
  const fake = new FakeNft();
  await fake.apply({ table, operations: given });
  await kernel.apply({ table, operations: given });
  const seen = await outcomeOf(kernel, table, when);
  expect(seen.outcome).toBe(outcome);
  if (at !== undefined) expect(seen.element ?? seen.operation).toBe(at);
  await outcomeOf(fake, table, when);
  expect(contentsOfFake(fake, table)).toEqual(await contentsOfKernel(namespace.nft, table));
});
