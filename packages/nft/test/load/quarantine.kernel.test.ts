import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportRow, times } from '../../../../test/reliability/scorecard.js';
import { FakeNft } from '../../src/fake/index.js';
import { createFakeLoadTarget } from '../../src/load/fake-target.js';
import { createLoadTarget } from '../../src/load/index.js';
import { contentsOfFake, contentsOfKernel } from '../fake/contents.js';
import type { Contents } from '../fake/contents.js';
import { makeNamespace } from '../run/namespace.js';
import type { Namespace } from '../run/namespace.js';
import { RandomWorld } from './quarantine.js';

let namespace: Namespace;

beforeAll(() => {
  namespace = makeNamespace();
});

afterAll(() => {
  namespace.remove();
});

/** Without sizes: the kernel gives one to sets that were declared without. */
function setsOf(contents: Contents | undefined): readonly unknown[] {
  return (contents?.sets ?? []).map((line) => {
    const [name, , ...elements] = JSON.parse(line) as readonly unknown[];
    return [name, ...elements];
  });
}

describe('row 17: Services that the kernel refuses, while addresses move from one to another', () => {
  it('are set aside, they alone, as on the fake', { timeout: 1_800_000 }, async () => {
    const worlds = times(3, 200);
    let syncs = 0;
    for (let seed = 1; seed <= worlds; seed += 1) {
      const fake = new FakeNft();
      const both = [
        new RandomWorld(seed, createLoadTarget(namespace.nft)),
        new RandomWorld(seed, createFakeLoadTarget(fake)),
      ] as const;
      for (const world of both) await world.start();
      for (let step = 0; step < 12; step += 1) for (const world of both) await world.step();
      for (const world of both) await world.heal();
      syncs += 14;
      const table = both[0].loader.tableName ?? '';
      expect(both.flatMap(({ complaints }) => complaints)).toEqual([]);
      // Chains for numbers of endpoints that occurred on the way may be left over.
      expect(setsOf(await contentsOfKernel(namespace.nft, table))).toEqual(setsOf(contentsOfFake(fake, table)));
      await both[0].loader.remove();
    }
    reportRow({
      row: 17,
      case: 'the same, in the kernel',
      n: syncs,
      passNumber: 'every other Service is applied in the same sync; the table holds what the model says',
      measured: '0 differences',
      seed: 1,
    });
  });
});
