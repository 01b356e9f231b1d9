import { describe, expect, it } from 'vitest';
import { service } from './objects.js';
import { guarded, Scene } from './scene.js';

function fill(scene: Scene, count: number): void {
  for (let index = 0; index < count; index++) scene.api.put(service(`s${index}`));
}

describe('row 4: the connection lives, and the server is silent', () => {
  guarded(
    'the watch is given up, and goes on after',
    async (scene) => {
      fill(scene, 5);
      await scene.synced();
      await scene.clock.advance(100_000);
      const before = scene.clock.now();
      scene.api.mute(true);
      scene.api.put(service('s1', 1));
      await scene.clock.until(() => scene.status.staleSince !== undefined, 600_000);
      const noticed = scene.clock.now() - before;
      expect(noticed).toBeLessThanOrEqual(75_000);
      // Requests made meanwhile are not answered either.
      await scene.clock.advance(100_000);
      for (const watch of scene.api.watches) watch.cut('fin');
      scene.api.mute(false);
      const took = await scene.untilInSync(300_000);
      scene.report({
        row: 4,
        case: 'the server is silent',
        n: 1,
        passNumber: 'noticed within 75 s, in sync within 15 s after it speaks again',
        measured: `noticed after ${noticed} ms; the time is that from its speaking again`,
        tookMs: [took],
      });
      expect(took).toBeLessThanOrEqual(15_000);
      expect(scene.status.lists).toBe(1);
    },
    { 'the idle limit': { limits: { watchIdleMs: Number.POSITIVE_INFINITY } } },
  );

  guarded(
    'a request that is never answered is given up',
    async (scene) => {
      fill(scene, 5);
      await scene.synced();
      scene.api.setFault({ verb: 'watch', times: 1, effect: { type: 'hang' } });
      for (const watch of scene.api.watches) watch.cut('fin');
      scene.api.put(service('s1', 1));
      expect(await scene.untilInSync(600_000)).toBeLessThanOrEqual(35_000);
    },
    { 'the limit on headers': { limits: { headersMs: Number.POSITIVE_INFINITY } } },
  );
});

describe('row 5: lists', () => {
  for (const verb of ['list', 'watch-list'] as const) {
    guarded(
      `${verb} that comes slowly passes`,
      async (scene) => {
        fill(scene, 60);
        if (verb === 'list')
          scene.api.setFault({ verb: 'watch-list', effect: { type: 'no-watch-list', how: 'refuse' } });
        // 60 Services are about 25 kB: a minute.
        scene.api.setFault({ verb, times: 1, effect: { type: 'trickle', bytes: 210, everyMs: 500 } });
        scene.reflector.start();
        const took = await scene.untilInSync(300_000);
        scene.report({
          row: 5,
          case: `a ${verb} that takes a minute`,
          n: 1,
          passNumber: 'is waited for',
          measured: 'complete',
          tookMs: [took],
        });
        expect(took).toBeGreaterThanOrEqual(45_000);
        expect(took).toBeLessThanOrEqual(90_000);
        expect(scene.status.lists).toBe(verb === 'list' ? 2 : 1);
      },
      { 'limits on silence instead of the whole': { limits: { listIdleMs: 400, initialEventsGapMs: 400 } } },
    );

    guarded(
      `${verb} that stalls is given up`,
      async (scene) => {
        fill(scene, 60);
        if (verb === 'list')
          scene.api.setFault({ verb: 'watch-list', effect: { type: 'no-watch-list', how: 'refuse' } });
        scene.api.setFault({ verb, times: 1, effect: { type: 'stall', afterBytes: 7_777 } });
        scene.reflector.start();
        const took = await scene.untilInSync(600_000);
        scene.report({
          row: 5,
          case: `a ${verb} that stalls`,
          n: 1,
          passNumber: 'given up after 30 s, in sync within 35 s',
          measured: 'in sync',
          tookMs: [took],
        });
        expect(took).toBeLessThanOrEqual(35_000);
      },
      {
        'limits on silence': {
          limits: {
            listIdleMs: Number.POSITIVE_INFINITY,
            initialEventsGapMs: Number.POSITIVE_INFINITY,
            initialEventsTotalMs: Number.POSITIVE_INFINITY,
          },
        },
      },
    );
  }

  const unaware = {
    'sends no end, but bookmarks': { bookmarks: true, changes: false },
    'sends neither end nor bookmarks': { bookmarks: false, changes: false },
    'sends no end, but changes all the time': { bookmarks: false, changes: true },
  };
  for (const [what, { bookmarks, changes }] of Object.entries(unaware)) {
    guarded(
      `a server that does not know WatchList and ${what}: a list takes over, for good`,
      async (scene) => {
        fill(scene, 7);
        scene.api.setFault({ verb: 'watch-list', effect: { type: 'watch', faults: { noBookmarks: !bookmarks } } });
        scene.api.setFault({ verb: 'watch-list', effect: { type: 'no-watch-list', how: 'overlook' } });
        scene.reflector.start();
        const began = scene.clock.now();
        for (let second = 0; changes && second < 44; second += 4) {
          scene.api.put(service('s1', second));
          await scene.clock.advance(4_000);
        }
        await scene.untilInSync(600_000);
        const took = scene.clock.now() - began;
        scene.report({
          row: 5,
          case: `a server that ${what}`,
          n: 1,
          passNumber: 'a list within 45 s, remembered',
          measured: 'listed; no WatchList is tried again',
          tookMs: [took],
        });
        expect(took).toBeLessThanOrEqual(45_000);
        // Remembered: a relist does not try again.
        scene.api.put(service('s1', 1_000));
        for (const watch of scene.api.watches) watch.cut('rst');
        scene.api.put(service('s1', 1_001));
        scene.api.cluster.compact();
        expect(await scene.untilInSync(60_000)).toBeLessThanOrEqual(2_000);
        expect(scene.count('watch-list')).toBe(1);
      },
      {
        'limits on the initial events': {
          limits: {
            listIdleMs: Number.POSITIVE_INFINITY,
            initialEventsGapMs: Number.POSITIVE_INFINITY,
            initialEventsTotalMs: Number.POSITIVE_INFINITY,
          },
        },
      },
      { server: { bookmarkMs: 60_000 } },
    );
  }

  it.each(['before', 'after'] as const)('a WatchList closed %s its end', async (when) => {
    const scene = new Scene();
    fill(scene, 7);
    scene.api.setFault({ verb: 'watch-list', effect: { type: 'watch', faults: { closeAtInitialEventsEnd: when } } });
    scene.reflector.start();
    expect(await scene.untilInSync(60_000)).toBeLessThanOrEqual(5_000);
    scene.api.put(service('s1', 1));
    expect(await scene.untilInSync(60_000)).toBeLessThanOrEqual(2_000);
    // Before its end, it was not a list: tried twice, then listed. After it, it was, and is not made again.
    expect(scene.count('watch-list')).toBe(when === 'before' ? 2 : 1);
    expect(scene.count('list')).toBe(when === 'before' ? 1 : 0);
    await scene.close();
  });

  it('a list that ends in the middle is not taken for one', async () => {
    const scene = new Scene();
    fill(scene, 30);
    scene.api.setFault({ verb: 'watch-list', effect: { type: 'no-watch-list', how: 'refuse' } });
    for (const afterBytes of [0, 100, 5_000, 9_000]) {
      scene.api.setFault({ verb: 'list', times: 1, effect: { type: 'cut', afterBytes, how: 'fin' } });
    }
    scene.reflector.start();
    expect(await scene.untilInSync(60_000)).toBeLessThanOrEqual(20_000);
    expect(scene.observer.batches).toHaveLength(1);
    await scene.close();
  });
});
