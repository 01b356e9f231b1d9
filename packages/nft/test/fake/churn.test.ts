import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FakeNft } from '../../src/fake/index.js';
import { NftRefusedError } from '../../src/run/index.js';
import type { Operation } from '../../src/syntax/index.js';
import { start, transactions } from './churn.js';

const table = 't';

it('a refused transaction leaves nothing behind, and an accepted one is the sum of its steps', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(transactions, { maxLength: 20 }), async (history) => {
      const whole = await started();
      const stepwise = await started();
      for (const operations of history) {
        const before = whole.dump(table);
        if (await accepts(whole, operations)) {
          const steps: boolean[] = [];
          for (const operation of operations) steps.push(await accepts(stepwise, [operation]));
          // Within a transaction a later step may mend what an earlier one alone would be refused for, such as a loop.
          if (steps.includes(false)) break;
        } else {
          expect(whole.dump(table)).toBe(before);
        }
        expect(stepwise.dump(table)).toBe(whole.dump(table));
      }
      // Had a count of uses gone wrong, something could not be deleted now.
      await whole.apply({ table, operations: teardown(whole) });
      expect(whole.dump(table)).toBe('table inet t {\n}\n');
    }),
    { numRuns: 200 },
  );
});

async function started(): Promise<FakeNft> {
  const fake = new FakeNft();
  await fake.apply({ table, operations: start });
  return fake;
}

async function accepts(fake: FakeNft, operations: readonly Operation[]): Promise<boolean> {
  try {
    await fake.apply({ table, operations });
    return true;
  } catch (error) {
    if (error instanceof NftRefusedError) return false;
    throw error;
  }
}

function teardown(fake: FakeNft): readonly Operation[] {
  const { chains = new Map<string, unknown>(), sets = new Map<string, unknown>() } = fake.tables.get(table) ?? {};
  return [
    ...[...chains.keys()].map((chain): Operation => ({ op: 'flush-chain', chain })),
    ...[...sets.keys()].map((set): Operation => ({ op: 'delete-set', set })),
    ...[...chains.keys()].map((chain): Operation => ({ op: 'delete-chain', chain })),
  ];
}
