import { afterEach, describe, expect, it } from 'vitest';
import { service } from './objects.js';
import { Scene } from './scene.js';

describe('a reflector', () => {
  let scene: Scene;
  afterEach(async () => {
    await scene.reflector.stop();
    await scene.clock.settle();
    expect(scene.observer.violations).toEqual([]);
    expect(scene.clock.pending, 'timers left').toBe(0);
    expect(scene.transport.open, 'responses left').toBe(0);
    expect(scene.api.watches.size, 'watches left').toBe(0);
  });

  it('tells everything first, then every change', async () => {
    scene = new Scene({ server: { objects: [service('a'), service('b')] } });
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
  });

  it('lists in pages where there is no WatchList', async () => {
    const objects = Array.from({ length: 12 }, (_, index) => service(`s${String(index)}`));
    scene = new Scene({ server: { objects }, limits: { pageSize: 5 } });
    scene.api.setFault({ effect: { type: 'no-watch-list', how: 'refuse' } });
    scene.reflector.start();
    expect(await scene.untilInSync(2_000)).toBeLessThan(2_000);
    scene.api.put(service('s3', 1));
    await scene.clock.settle();
    expect(scene.isInSync()).toBe(true);
    expect(scene.api.requests.map(({ verb }) => verb)).toEqual(['watch-list', 'list', 'list', 'list', 'watch']);
  });
});
