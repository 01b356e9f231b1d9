import { describe, expect } from 'vitest';
import { service } from './objects.js';
import { guarded } from './scene.js';
import { percentile, seeded, times } from './scorecard.js';

describe('row 1: a watch is cut in the middle of a line', () => {
  guarded(
    'is resumed without a list, and nothing is lost',
    async (scene) => {
      const random = seeded(1);
      const took: number[] = [];
      for (let index = 0; index < 20; index++) scene.api.put(service(`s${index}`));
      await scene.synced();
      for (let round = 0; round < times(60, 200); round++) {
        const how = round % 2 === 0 ? 'rst' : 'fin';
        const [watch] = scene.api.watches;
        // Six changes are about three thousand bytes.
        watch!.cutAfter(Math.floor(3_500 * random()), how);
        for (let change = 0; change < 6; change++) {
          const name = `s${Math.floor(random() * 25)}`;
          if (random() < 0.3) scene.api.delete('Service', 'shop', name);
          else scene.api.put(service(name, round));
        }
        watch!.cut(how);
        took.push(await scene.untilInSync(60_000));
        await scene.clock.advance(1_000 + 5_000 * random());
        expect(scene.isInSync()).toBe(true);
      }
      scene.report({
        row: 1,
        case: 'by RST and by FIN in turns',
        n: took.length,
        passNumber: 'in sync within 2 s (p99), no new list, 0 differences',
        measured: `${scene.status.lists - 1} new lists, 0 differences`,
        tookMs: took,
        seed: 1,
      });
      expect(percentile(took, 99)).toBeLessThanOrEqual(2_000);
      expect(scene.status.lists).toBe(1);
    },
    {
      'resumption (every failure leads to a list)': {
        recover: () => ({ next: 'relist', wentBack: false, wait: true, atLeastMs: 0 }),
      },
      'an early first attempt': { limits: { backoffMs: [8_000, 9_000] } },
    },
    { random: seeded(2) },
  );
});
