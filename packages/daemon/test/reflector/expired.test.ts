import { describe, expect, it } from 'vitest';
import { recover } from '@nftproxier/daemon/reflector';
import type { Fault } from '../../../../test/api-server/index.js';
import { service } from './objects.js';
import { guarded, Scene, type SceneOptions } from './scene.js';

const expired = { code: 410, reason: 'Expired', message: 'too old resource version: 1 (9)' };

const neverRelist: SceneOptions = {
  recover: (error, attempt) => ({ ...recover(error, attempt), next: 'resume', wentBack: false }),
};

/** Compacts away what a watch would be resumed from, while it is cut. */
function loseHistory(scene: Scene): void {
  for (const watch of scene.api.watches) watch.cut('fin');
  scene.api.put(service('s1', 1));
  scene.api.delete('Service', 'shop', 's2');
  scene.api.cluster.compact();
}

describe('row 2: the resource version has expired', () => {
  const faults: Record<string, Fault | undefined> = {
    'by status': { kind: 'Service', verb: 'watch', times: 1, effect: { type: 'status', status: expired } },
    'by an ERROR event': undefined,
    'by an ERROR event of a server that gives no reason': {
      kind: 'Service',
      verb: 'watch',
      times: 1,
      effect: { type: 'watch', faults: { error: { code: 410, reason: 'Gone', message: '' } } },
    },
  };
  for (const [how, fault] of Object.entries(faults)) {
    guarded(
      `${how}: one list, and only differences are told`,
      async (scene) => {
        for (let index = 0; index < 2_000; index++) scene.api.put(service(`s${index}`));
        await scene.synced();
        const told = scene.observer.batches.length;
        if (fault) scene.api.setFault(fault);
        loseHistory(scene);
        const took = await scene.untilInSync(30_000);
        scene.report({
          row: 2,
          case: `${how}, 2,000 Services`,
          n: 1,
          passNumber: '1 new list, in sync at most 1 s after the first attempt, only differences are told',
          measured: `${scene.status.lists - 1} new list; the first attempt is made after 0.6 s`,
          tookMs: [took],
        });
        // Up to a second until the watch is resumed, which is when it hears of it.
        expect(took).toBeLessThanOrEqual(2_000);
        expect(scene.status.lists).toBe(2);
        const batches = scene.observer.batches.slice(told);
        expect(batches).toHaveLength(1);
        expect(batches[0]).toMatchObject({ type: 'delta' });
        expect(batches[0]!.type === 'delta' && batches[0]!.events).toHaveLength(2);
      },
      { relisting: neverRelist },
    );
  }

  guarded(
    'between two pages: the list begins again, in one page',
    async (scene) => {
      for (let index = 0; index < 12; index++) scene.api.put(service(`s${index}`));
      scene.api.setFault({ verb: 'watch-list', effect: { type: 'no-watch-list', how: 'refuse' } });
      scene.api.setFault({ verb: 'list', page: 'later', times: 1, effect: { type: 'status', status: expired } });
      scene.reflector.start();
      expect(await scene.untilInSync(5_000)).toBeLessThanOrEqual(2_000);
      await scene.clock.settle();
      expect(scene.status.errors).toBe(1);
      expect(scene.api.requests.map(({ verb, query }) => `${verb} ${query['limit'] ?? '-'}`)).toEqual([
        'watch-list -',
        'list 5',
        'list 5',
        'list -',
        'watch -',
      ]);
    },
    {},
    { limits: { pageSize: 5 } },
  );

  it('again and again: lists are spread out', async () => {
    const scene = await new Scene({ server: { objects: [service('a')] } }).synced();
    scene.api.setFault({ verb: 'watch', effect: { type: 'watch', faults: { error: expired } } });
    for (const watch of scene.api.watches) watch.cut('fin');
    await scene.clock.advance(60_000);
    expect(scene.status.lists).toBeLessThanOrEqual(20);
    await scene.close();
  });
});

describe('row 6: the server was restored and is at a lower version', () => {
  guarded(
    'that it refuses: a list at once, and everything is compared by content',
    async (scene) => {
      for (let index = 0; index < 20; index++) scene.api.put(service(`s${index}`));
      const backup = scene.api.cluster.backup();
      for (let change = 1; change < 10; change++) scene.api.put(service('s1', change));
      scene.api.put(service('young'));
      await scene.synced();
      scene.api.cluster.restore(backup);
      refuseFutureVersions(scene);
      for (const watch of scene.api.watches) watch.cut('rst');
      const requests = scene.api.requests.length;
      const took = await scene.untilInSync(60_000);
      scene.report({
        row: 6,
        case: 'it refuses versions from before',
        n: 1,
        passNumber: 'in sync within 5 s, at most 3 requests',
        measured: `${scene.api.requests.length - requests} requests`,
        tookMs: [took],
      });
      expect(took).toBeLessThanOrEqual(5_000);
      expect(scene.api.requests.length - requests).toBeLessThanOrEqual(3);
      // The watch that follows is one of the new history.
      scene.api.put(service('s1', 77));
      await scene.clock.settle();
      expect(scene.isInSync()).toBe(true);
    },
    { relisting: neverRelist },
  );

  guarded(
    'that it waits for in silence: a list after the idle limit, by whose versions nothing is taken for known',
    async (scene) => {
      for (let index = 0; index < 20; index++) scene.api.put(service(`s${index}`));
      const backup = scene.api.cluster.backup();
      scene.api.put(service('s7', 1));
      scene.api.cluster.advance(1_000);
      scene.api.put(service('young'));
      await scene.synced();
      scene.api.cluster.restore(backup);
      // The same object in the same version as before, and yet another state.
      scene.api.put(service('s7', 2));
      for (const watch of scene.api.watches) watch.cut('rst');
      const took = await scene.untilInSync(600_000);
      scene.report({
        row: 6,
        case: 'it says nothing instead',
        n: 1,
        passNumber: 'in sync within 75 s: the limit on silence',
        measured: 'in sync, nothing taken for known by its version',
        tookMs: [took],
      });
      expect(took).toBeLessThanOrEqual(75_000);
      expect(scene.observer.objects.get('shop/s7')!.metadata!.annotations).toEqual({ 'nftproxier.test/version': '2' });
    },
    {
      relisting: neverRelist,
      'the idle limit': { limits: { watchIdleMs: Number.POSITIVE_INFINITY } },
      'noticing that versions went back': { protections: { noticeWentBack: false } },
    },
  );

  guarded(
    'and tells so by a bookmark',
    async (scene) => {
      scene.api.put(service('a'));
      const backup = scene.api.cluster.backup();
      scene.api.cluster.advance(1_000);
      scene.api.put(service('young'));
      await scene.synced();
      scene.api.cluster.restore(backup);
      for (const watch of scene.api.watches) watch.bookmark();
      expect(await scene.untilInSync(60_000)).toBeLessThanOrEqual(1_000);
    },
    { 'noticing that versions went back': { protections: { noticeWentBack: false } } },
  );
});

function refuseFutureVersions(scene: Scene): void {
  scene.api.setFault({
    verb: 'watch',
    times: 1,
    effect: {
      type: 'status',
      status: {
        code: 504,
        reason: 'Timeout',
        message: 'Timeout: Too large resource version: 1000, current: 10',
        details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] },
      },
      retryAfter: 1,
    },
  });
}
