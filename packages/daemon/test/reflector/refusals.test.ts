import { describe, expect, it } from 'vitest';
import type { FaultEffect } from '../../../../test/api-server/index.js';
import { service } from './objects.js';
import { guarded, Scene } from './scene.js';
import { seeded } from './scorecard.js';

const tooMany: FaultEffect = {
  type: 'status',
  status: { code: 429, reason: 'TooManyRequests', message: 'too many requests' },
  retryAfter: 5,
};

/** How long the server was left alone after each request that it refused with 429, in milliseconds. */
function pauses(scene: Scene): number[] {
  return scene.api.requests
    .map(({ at, status }, index, all) => (status === 429 && all[index + 1] ? all[index + 1]!.at - at : 0))
    .filter((pause) => pause > 0);
}

describe('row 3: the server refuses', () => {
  for (const where of ['header', 'details', 'both'] as const) {
    guarded(
      `429 with Retry-After in ${where}: it is not asked again before`,
      async (scene) => {
        await scene.synced();
        scene.api.setFault({ verb: 'watch', times: 3, effect: { ...tooMany, retryAfterIn: where } });
        for (const watch of scene.api.watches) watch.cut('rst');
        scene.api.put(service('a', 1));
        expect(await scene.untilInSync(60_000)).toBeLessThanOrEqual(3 * 6_000 + 10_000);
        expect(pauses(scene)).toHaveLength(3);
        expect(Math.min(...pauses(scene))).toBeGreaterThanOrEqual(5_000);
        expect(scene.status.lists).toBe(1);
      },
      { 'heeding Retry-After': { limits: { retryAfterMs: 0 } } },
      { server: { objects: [service('a')] } },
    );
  }

  it('429 with Retry-After of a day: it is asked again within minutes', async () => {
    const scene = await new Scene({ server: { objects: [service('a')] } }).synced();
    scene.api.setFault({ verb: 'watch', times: 1, effect: { ...tooMany, retryAfter: 86_400 } });
    for (const watch of scene.api.watches) watch.cut('rst');
    scene.api.put(service('a', 1));
    expect(await scene.untilInSync(600_000)).toBeLessThanOrEqual(303_000);
    await scene.close();
  });

  const storms: Record<string, FaultEffect> = {
    '429 without Retry-After': { type: 'status', status: { code: 429, reason: 'TooManyRequests', message: '' } },
    '500': { type: 'status', status: { code: 500, reason: 'InternalError', message: 'etcd is away' } },
    '503 of a proxy in between': { type: 'status', status: { code: 503, reason: '', message: '<html>' } },
    'ERROR events 500': {
      type: 'watch',
      faults: { error: { code: 500, reason: 'InternalError', message: 'etcd is away' } },
    },
    'closing each watch at once': { type: 'watch', faults: { closeAtOnce: true } },
    'connections reset': { type: 'reset' },
  };
  for (const [storm, effect] of Object.entries(storms)) {
    guarded(
      `${storm} for a minute: few requests, then in sync`,
      async (scene) => {
        await scene.synced();
        const end = scene.api.setFault({ verb: 'watch', effect });
        for (const watch of scene.api.watches) watch.cut('fin');
        scene.api.put(service('a', 1));
        scene.api.delete('Service', 'shop', 'b');
        const before = scene.api.requests.length;
        await scene.clock.advance(60_000);
        const requests = scene.api.requests.length - before;
        expect(scene.status.staleSince).toBeDefined();
        end();
        const took = await scene.untilInSync(60_000);
        scene.report({
          row: 3,
          case: `${storm} for a minute`,
          n: 1,
          passNumber: 'at most 20 requests a minute, in sync within 10 s of the end',
          measured: `${requests} requests a minute`,
          tookMs: [took],
          seed: 3,
        });
        expect(requests).toBeLessThanOrEqual(20);
        expect(requests).toBeGreaterThanOrEqual(5);
        expect(took).toBeLessThanOrEqual(10_000);
        expect(scene.status.lists).toBe(1);
      },
      {
        'growing delays': { limits: { backoffMs: [200, 200] } },
        'a bound on the delay': { limits: { backoffMs: [1_000, 600_000] } },
      },
      { server: { objects: [service('a'), service('b')] }, random: seeded(3) },
    );
  }

  guarded(
    'closing each watch at once is a failure, not an end',
    async (scene) => {
      await scene.synced();
      scene.api.setFault({ verb: 'watch', effect: { type: 'watch', faults: { closeAtOnce: true } } });
      for (const watch of scene.api.watches) watch.end();
      // Without the guard this goes on at once, within the same instant.
      for (let turn = 0; turn < 50; turn++) await scene.clock.settle();
      expect(scene.count('watch')).toBeLessThanOrEqual(2);
    },
    { 'the guard against short watches': { limits: { shortWatchMs: 0 } } },
    { server: { objects: [service('a')] } },
  );

  it('refusals of the first list: nothing is told until it is complete', async () => {
    const scene = new Scene({ server: { objects: [service('a')] } });
    const end = scene.api.setFault({ effect: storms['500']! });
    scene.reflector.start();
    await scene.clock.advance(60_000);
    expect(scene.observer.batches).toEqual([]);
    expect(scene.status.warnings.map(({ code }) => code)).toEqual(['api-server-failing']);
    end();
    expect(await scene.untilInSync(60_000)).toBeLessThanOrEqual(10_000);
    expect(scene.status.warnings).toEqual([]);
    await scene.close();
  });

  it('a missing permission: says which, and who has it; goes on when it is granted', async () => {
    const scene = new Scene({ server: { objects: [service('a')], forbidden: ['system:admin watch services'] } });
    scene.reflector.start();
    await scene.clock.advance(10_000);
    expect(scene.observer.batches).toEqual([]);
    const [warning] = scene.warnings;
    expect(warning).toMatchObject({ code: 'permission-missing' });
    for (const part of ['watch services', 'system:node-proxier', 'system:admin'])
      expect(warning!.message).toContain(part);
    expect(scene.warnings).toHaveLength(1);
    scene.api.setForbidden([]);
    expect(await scene.untilInSync(60_000)).toBeLessThanOrEqual(10_000);
    expect(scene.status.warnings).toEqual([]);
    await scene.close();
  });
});
