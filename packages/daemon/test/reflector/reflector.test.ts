import { describe, expect, it } from 'vitest';
import { service } from './objects.js';
import { guarded, Scene } from './scene.js';

describe('a reflector', () => {
  guarded(
    'tells everything first, then every change',
    async (scene) => {
      scene.api.put(service('a'));
      scene.api.put(service('b'));
      await scene.synced();
      expect(scene.observer.batches.map(({ type }) => type)).toEqual(['replace']);
      expect(scene.observer.objects.size).toBe(2);
      scene.api.put(service('c'));
      scene.api.put(service('a', 1));
      scene.api.delete('Service', 'shop', 'b');
      await scene.clock.settle();
      expect(scene.isInSync()).toBe(true);
      expect(scene.observer.batches.slice(1).every(({ type }) => type === 'delta')).toBe(true);
      expect(scene.api.requests).toHaveLength(1);
      expect(scene.status).toMatchObject({ state: 'watching', objects: 2, errors: 0, staleSince: undefined });
    },
    {},
  );

  guarded(
    'lists in pages where there is no WatchList, and remembers that',
    async (scene) => {
      for (let index = 0; index < 12; index++) scene.api.put(service(`s${index}`));
      scene.api.setFault({ effect: { type: 'no-watch-list', how: 'refuse' } });
      scene.reflector.start();
      expect(await scene.untilInSync(2_000)).toBeLessThan(2_000);
      scene.api.put(service('s3', 1));
      await scene.clock.settle();
      expect(scene.isInSync()).toBe(true);
      expect(scene.api.requests.map(({ verb }) => verb)).toEqual(['watch-list', 'list', 'list', 'list', 'watch']);
      expect(scene.warnings.map(({ code }) => code)).toEqual(['watch-list-unsupported']);
      scene.api.cluster.compact();
      scene.api.cluster.advance(10);
      scene.api.cluster.compact();
      for (const watch of scene.api.watches) watch.cut('rst');
      expect(await scene.untilInSync(5_000)).toBeLessThan(5_000);
      await scene.clock.advance(5_000);
      expect(scene.count('watch-list')).toBe(1);
    },
    {},
    { limits: { pageSize: 5 } },
  );

  guarded(
    'tells of another object under the same name as a delete and a set',
    async (scene) => {
      scene.api.put(service('a', 0, { uid: 'one' }));
      await scene.synced();
      scene.api.put(service('a', 0, { uid: 'two' }));
      await scene.clock.settle();
      // Behind a gap: only a fresh list says so.
      for (const watch of scene.api.watches) watch.cut('rst');
      scene.api.put(service('a', 0, { uid: 'three' }));
      scene.api.cluster.compact();
      expect(await scene.untilInSync(5_000)).toBeLessThan(5_000);
      const events = scene.observer.batches.flatMap((batch) => (batch.type === 'delta' ? batch.events : []));
      expect(events.map(({ type, object }) => `${type} ${object.metadata?.uid ?? ''}`)).toEqual([
        'delete one',
        'set two',
        'delete two',
        'set three',
      ]);
    },
    { 'comparing UIDs': { protections: { compareUids: false } } },
  );

  it('follows the versions of bookmarks, so that a quiet hour does not cost a list', async () => {
    const scene = await new Scene({ server: { objects: [service('a')] } }).synced();
    for (let minute = 0; minute < 60; minute++) {
      scene.api.cluster.advance(10);
      await scene.clock.advance(60_000);
      scene.api.cluster.compact();
    }
    expect(scene.status).toMatchObject({ lists: 1, errors: 0, staleSince: undefined });
    expect(Number(scene.status.resourceVersion)).toBe(scene.api.cluster.resourceVersion);
    // Watches last five to ten minutes.
    expect(scene.status.watches).toBeGreaterThanOrEqual(6);
    expect(scene.status.watches).toBeLessThanOrEqual(13);
    await scene.close();
  });

  describe.each(['watch-list', 'list'] as const)('reads a large %s', (verb) => {
    guarded(
      'in slices, so that others have their turn',
      async (scene) => {
        for (let index = 0; index < 2_000; index++) scene.api.put(service(`s${index}`));
        if (verb === 'list')
          scene.api.setFault({ verb: 'watch-list', effect: { type: 'no-watch-list', how: 'refuse' } });
        // Each look at the clock takes some of the time.
        scene.clock.driftMs = 1;
        scene.reflector.start();
        expect(await scene.untilInSync(60_000)).toBeLessThan(60_000);
        expect(scene.clock.yields).toBeGreaterThanOrEqual(100);
      },
      { slices: { limits: { sliceMs: Number.POSITIVE_INFINITY } } },
      { limits: { sliceMs: 8 } },
    );
  });

  it('cannot be started twice', async () => {
    const scene = await new Scene().synced();
    expect(() => scene.reflector.start()).toThrow('was started before');
    await scene.close();
  });
});
