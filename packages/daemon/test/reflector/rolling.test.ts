import { describe, expect } from 'vitest';
import { ApiServer } from '../../../../test/api-server/index.js';
import { service } from './objects.js';
import { guarded, type Scene } from './scene.js';
import { seeded } from './scorecard.js';

/** Another API server of the same cluster: the same state, and a history that begins now. */
function another(scene: Scene): ApiServer {
  const api = new ApiServer({ clock: scene.clock });
  api.cluster.restore(scene.api.cluster.backup());
  return api;
}

describe('row 10: API servers are replaced one after the other', () => {
  guarded(
    'what was deleted in the gap is gone',
    async (scene) => {
      for (let index = 0; index < 300; index++) scene.api.put(service(`s${index}`));
      await scene.synced();
      scene.transport.down = true;
      for (const watch of scene.api.watches) watch.cut('rst');
      for (let index = 0; index < 100; index++) scene.api.delete('Service', 'shop', `s${index}`);
      await scene.clock.advance(20_000);
      // Nothing is told to be gone because nobody answers.
      expect(scene.observer.objects.size).toBe(300);
      scene.transport.target = another(scene);
      scene.transport.down = false;
      const back = scene.transport.target.requests.length;
      await scene.clock.until(() => scene.transport.target.requests.length > back, 60_000);
      const took = await scene.untilInSync(60_000);
      scene.report({
        row: 10,
        case: '100 objects were deleted meanwhile',
        n: 100,
        passNumber: 'all gone within 5 s of the first answer, audits find no difference',
        measured: 'all gone',
        tookMs: [took],
      });
      expect(took).toBeLessThanOrEqual(5_000);
      expect(scene.observer.objects.size).toBe(200);
      // Bookmarks let the audit compare.
      await scene.clock.advance(4_000_000);
      expect(scene.status.audits).toBeGreaterThanOrEqual(1);
      expect(scene.status.auditDifferences).toBe(0);
    },
    { relisting: { recover: () => ({ next: 'resume', wentBack: false, wait: true, atLeastMs: 0 }) } },
    { random: seeded(10), limits: { auditMs: [1_800_000, 3_600_000] } },
  );
});

describe('an audit', () => {
  guarded(
    'finds and mends what a server kept from us',
    async (scene) => {
      for (let index = 0; index < 10; index++) scene.api.put(service(`s${index}`));
      await scene.synced();
      // Changes that no watch hears of; bookmarks pass over them.
      const [watch] = scene.api.watches;
      watch!.hold(true);
      scene.api.delete('Service', 'shop', 's1');
      scene.api.put(service('s2', 1));
      scene.api.put(service('unheard'));
      watch!.held = [];
      watch!.hold(false);
      await scene.clock.advance(100_000);
      expect(scene.isInSync()).toBe(false);
      const took = await scene.untilInSync(4_000_000);
      expect(took).toBeLessThanOrEqual(3_700_000);
      expect(scene.status.auditDifferences).toBe(3);
      expect(scene.warnings.map(({ code }) => code)).toContain('audit-difference');
      await scene.clock.advance(4_000_000);
      expect(scene.status.auditDifferences).toBe(3);
    },
    { auditing: { limits: { auditMs: [1e12, 1e12] } } },
    { limits: { auditMs: [1_800_000, 3_600_000] } },
  );

  guarded(
    'finds nothing where changes are merely under way',
    async (scene) => {
      const random = seeded(11);
      for (let index = 0; index < 30; index++) scene.api.put(service(`s${index}`));
      await scene.synced();
      for (let minute = 0; minute < 300; minute++) {
        // The watch lags behind by up to a minute.
        for (const watch of scene.api.watches) watch.hold(true);
        for (let change = 0; change < 3; change++) {
          const name = `s${Math.floor(random() * 40)}`;
          if (random() < 0.4) scene.api.delete('Service', 'shop', name);
          else scene.api.put(service(name, minute));
        }
        await scene.clock.advance(30_000 * random());
        for (const watch of scene.api.watches) watch.hold(false);
        await scene.clock.advance(30_000);
      }
      expect(scene.status.audits).toBeGreaterThanOrEqual(10);
      expect(scene.status.auditDifferences).toBe(0);
      expect(scene.status.lists).toBe(1);
      expect(scene.isInSync()).toBe(true);
    },
    {},
    { limits: { auditMs: [300_000, 600_000] } },
  );
});
