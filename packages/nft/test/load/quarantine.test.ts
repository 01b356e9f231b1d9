import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportRow, times } from '../../../../test/reliability/scorecard.js';
import { FakeNft } from '../../src/fake/index.js';
import { createFakeLoadTarget } from '../../src/load/fake-target.js';
import { Loader } from '../../src/load/index.js';
import type { LoadProtections } from '../../src/load/index.js';
import { contentsOf } from '../delta/contents.js';
import type { Contents } from '../delta/contents.js';
import { settings } from '../ruleset/services.js';
import { network, RandomWorld } from './quarantine.js';

/** What a table holds that is loaded at once with what another one holds. */
async function asFresh(loader: Loader): Promise<Contents> {
  const fake = new FakeNft();
  const { model } = loader;
  const plans = [...(model?.services() ?? [])]
    .map((service) => model?.planOf(service))
    .filter((plan) => plan !== undefined);
  await new Loader(createFakeLoadTarget(fake)).replace({ settings, network, plans });
  return contentsOf(fake, 'nftproxier');
}

async function complaintsOf(seed: number, protections: Partial<LoadProtections> = {}): Promise<readonly string[]> {
  const fake = new FakeNft();
  const world = new RandomWorld(seed, createFakeLoadTarget(fake), protections);
  await world.start();
  const compare = async (): Promise<void> => {
    const actual = contentsOf(fake, world.loader.tableName ?? '');
    const expected = await asFresh(world.loader);
    expect(actual.sets).toEqual(expected.sets);
  };
  for (let step = 0; step < 10 && world.complaints.length === 0; step += 1) await world.step();
  await compare();
  await world.heal();
  await compare();
  if (world.loader.refused.size > 0) world.complaints.push('something is refused still');
  return world.complaints;
}

describe('row 17: Services that are refused, while addresses move from one to another', () => {
  const runs = times(20, 5_000);
  const seed = 17;

  it('are set aside, they alone, and the table holds what the model says', { timeout: 1_800_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (world) => {
        expect(await complaintsOf(world)).toEqual([]);
      }),
      { numRuns: runs, seed },
    );
    reportRow({
      row: 17,
      case: 'random worlds in which claims move and Services are refused at random, on the fake',
      n: runs,
      passNumber: 'every other Service is applied in the same sync; the table holds what the model says',
      measured: '0 differences',
      seed,
    });
  });

  it.each<[string, Partial<LoadProtections>]>([
    ['letting go of what a refused Service no longer asks for', { releases: false }],
    ['finding who is to blame', { findsRefused: false }],
  ])('are set aside, they alone: fails without %s', async (_, off) => {
    const property = fc.asyncProperty(fc.integer(), async (world) => {
      expect(await complaintsOf(world, off)).toEqual([]);
    });
    expect((await fc.check(property, { numRuns: 200, seed, endOnFailure: true })).failed).toBe(true);
  });
});
