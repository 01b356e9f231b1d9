import { describe, expect, it } from 'vitest';
import type { Service } from '@nftproxier/core';
import type { Batch } from '@nftproxier/daemon/reflector';
import { service } from './objects.js';
import { Observer } from './observer.js';
import { guarded, Scene, type SceneOptions } from './scene.js';

/** A handler that throws now and then, in the middle of its work. */
function moody(observer: () => Observer, throws: (batch: number) => boolean): (batch: Batch<Service>) => void {
  let count = 0;
  return (batch) => {
    if (throws(count++)) throw new Error('out of sorts');
    observer().handle(batch);
  };
}

describe('a handler that throws', () => {
  for (const throwsAt of [0, 1, 2]) {
    let scene: Scene;
    const handler = (): SceneOptions => ({
      handler: moody(
        () => scene.observer,
        (batch) => batch === throwsAt,
      ),
    });
    const scenario = async (): Promise<void> => {
      await scene.synced();
      scene.api.put(service('a', 1));
      await scene.clock.settle();
      scene.api.delete('Service', 'shop', 'b');
      await scene.clock.settle();
      expect(scene.status.handlerErrors).toBe(1);
      expect(scene.warnings).toMatchObject([{ code: 'handler-failing' }]);
      expect(scene.warnings[0]!.message).toContain('out of sorts');
      expect(await scene.untilInSync(10_000)).toBeLessThanOrEqual(1_000);
      expect(scene.observer.violations).toEqual([]);
      expect(scene.status.warnings).toEqual([]);
      expect(scene.api.requests).toHaveLength(1);
    };
    const objects = [service('a'), service('b')];
    it(`at batch ${throwsAt} is given everything anew`, async () => {
      scene = new Scene({ ...handler(), server: { objects } });
      await scenario();
      await scene.close();
    });
    it(`at batch ${throwsAt}: fails without rebuilding`, async () => {
      scene = new Scene({ ...handler(), server: { objects }, protections: { rebuildAfterThrow: false } });
      await expect(scenario()).rejects.toThrow();
      await scene.close();
    });
  }

  it('always, does not stop the others, and is not given the processor', async () => {
    let calls = 0;
    const scene = new Scene({
      server: { objects: [service('a')] },
      handler: () => {
        calls++;
        throw new Error('always');
      },
    });
    await scene.synced();
    await scene.clock.advance(600_000);
    expect(calls).toBeLessThanOrEqual(150);
    expect(scene.status).toMatchObject({ syncedSince: undefined, staleSince: undefined });
    await scene.close();
  });

  it('may be asynchronous: batches wait for one another, and nothing is lost', async () => {
    const observer = new Observer();
    let active = 0;
    let overlapped = false;
    const scene: Scene = new Scene({
      server: { objects: [service('a')] },
      handler: async (batch) => {
        overlapped ||= active > 0;
        active++;
        await new Promise<void>((resolve) => scene.clock.setTimeout(resolve, 700));
        active--;
        if (observer.batches.length === 1) {
          observer.batches.length = 0;
          throw new Error('once');
        }
        observer.handle(batch);
      },
    });
    await scene.synced();
    for (let change = 0; change < 20; change++) {
      scene.api.put(service('a', change));
      scene.api.put(service(`b${change}`));
      await scene.clock.advance(300);
    }
    await scene.clock.advance(60_000);
    expect(overlapped).toBe(false);
    expect(observer.violations).toEqual([]);
    expect(observer.state()).toEqual(scene.expected);
    expect(scene.status.handlerErrors).toBeGreaterThanOrEqual(1);
    await scene.close();
  });

  it('has an onWarning that may throw too', async () => {
    const scene = await new Scene({ server: { objects: [service('a')] } }).synced();
    scene.warnings.push = () => {
      throw new Error('nobody wants to know');
    };
    scene.transport.down = true;
    for (const watch of scene.api.watches) watch.cut('rst');
    await scene.clock.advance(5_000);
    expect(scene.status.warnings.map(({ code }) => code)).toEqual(['unreachable']);
    scene.transport.down = false;
    scene.api.put(service('a', 1));
    expect(await scene.untilInSync(60_000)).toBeLessThanOrEqual(10_000);
    await scene.close();
  });
});

guarded(
  'a handler that is asked for nothing is not called',
  async (scene) => {
    await scene.synced();
    const calls = scene.observer.batches.length;
    // A relist that changes nothing.
    for (const watch of scene.api.watches) watch.cut('rst');
    scene.api.cluster.advance(5);
    scene.api.cluster.compact();
    await scene.clock.advance(10_000);
    expect(scene.status.lists).toBe(2);
    expect(scene.observer.batches).toHaveLength(calls);
  },
  {},
  { server: { objects: [service('a')] } },
);
