import { expect, it } from 'vitest';
import { FakeNft } from '../../src/fake/index.js';
import { cases } from './contract.js';
import { outcomeOf } from './contents.js';

it.each(cases)('$outcome: $name', async ({ given, when, outcome, at }) => {
  const fake = new FakeNft();
  await fake.apply({ table: 't', operations: given });
  await fake.apply({ table: 'other', operations: given });
  const before = fake.dump('t');
  const seen = await outcomeOf(fake, 't', when);
  expect(seen.outcome).toBe(outcome);
  if (outcome !== 'accepted') expect(fake.dump('t')).toBe(before);
  if (at !== undefined) expect(seen.element ?? seen.operation).toBe(at);
  expect(fake.dump('other')).toBe(before.replace('table inet t ', 'table inet other '));
});
