import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeNft } from '../../src/fake/index.js';
import { createTarget, deleteTable } from '../../src/run/index.js';
import type { NftTarget } from '../../src/run/index.js';
import { makeNamespace } from '../run/namespace.js';
import type { Namespace } from '../run/namespace.js';
import { start, transactions } from './churn.js';
import { contentsOfFake, contentsOfKernel, outcomeOf } from './contents.js';

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

it('random histories have the same outcomes and contents in the kernel', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(transactions, { minLength: 8, maxLength: 24 }), async (history) => {
      await deleteTable(namespace.nft, table);
      const fake = new FakeNft();
      for (const operations of [start, ...history]) {
        const expected = await outcomeOf(fake, table, operations);
        expect(await outcomeOf(kernel, table, operations)).toEqual(expected);
        expect(contentsOfFake(fake, table)).toEqual(await contentsOfKernel(namespace.nft, table));
      }
    }),
    { numRuns: 8, seed: 1, endOnFailure: true },
  );
});
