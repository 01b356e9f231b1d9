import { describe, expect, it } from 'vitest';
import { recover } from '@nftproxier/daemon/reflector';
import { service } from './objects.js';
import { guarded, Scene } from './scene.js';

function eventLine(type: string, object: object, kind = 'Service'): string {
  return JSON.stringify({ type, object: { kind, apiVersion: 'v1', ...object } });
}

describe('row 7: lines that are not what they should be', () => {
  const lines: Record<string, (scene: Scene) => string> = {
    garbage: () => '%%% not json %%%',
    'half an event': () => '{"type":"ADDED","object":{"kind":"Service","metadata":{"name":"x"',
    'no UTF-8': () => '',
    'an event without an object': () => '{"type":"MODIFIED"}',
    'an event without a name': () => eventLine('ADDED', { metadata: { resourceVersion: '9' } }),
    'an event without a version': () => eventLine('ADDED', { metadata: { name: 'x', namespace: 'shop' } }),
    'a bookmark without a version': () => eventLine('BOOKMARK', { metadata: {} }),
    'an unknown type': (scene) => eventLine('REPLACED', scene.api.objects('Service')[0]!),
    'an unknown kind': (scene) => eventLine('DELETED', scene.api.objects('Service')[0]!, 'Pod'),
    'a number': () => '7',
    null: () => 'null',
  };
  for (const [what, line] of Object.entries(lines)) {
    guarded(
      `${what} in place of an event: the watch is resumed before it`,
      async (scene) => {
        await scene.synced();
        // The change itself never gets through on this connection.
        for (const watch of scene.api.watches) watch.hold(true);
        scene.api.put(service('a', 1));
        scene.api.delete('Service', 'shop', 'b');
        for (const watch of scene.api.watches) {
          watch.held = [];
          const text = line(scene);
          if (text === '')
            watch.raw(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}\n')]));
          else watch.line(text);
          watch.hold(false);
        }
        expect(await scene.untilInSync(10_000)).toBeLessThanOrEqual(2_000);
        expect(scene.status).toMatchObject({ badLines: 1, lists: 1 });
      },
      { 'distrusting bad lines': { protections: { distrustBadLines: false } } },
      { server: { objects: [service('a'), service('b')] } },
    );
  }

  guarded(
    'a bad line in the same place again and again: a list',
    async (scene) => {
      await scene.synced();
      scene.api.setFault({ verb: 'watch', times: 3, effect: { type: 'watch', faults: { lines: ['garbage'] } } });
      for (const watch of scene.api.watches) watch.cut('fin');
      scene.api.put(service('a', 1));
      expect(await scene.untilInSync(60_000)).toBeLessThanOrEqual(10_000);
      expect(scene.status.lists).toBeGreaterThanOrEqual(2);
    },
    {
      'giving up a place that leads nowhere': { recover: (error, attempt) => recover(error, { ...attempt, stuck: 0 }) },
    },
    { server: { objects: [service('a')] } },
  );

  guarded(
    'events that come again, late, or in another order change nothing',
    async (scene) => {
      await scene.synced();
      const [watch] = scene.api.watches;
      const old = scene.api.objects('Service');
      scene.api.put(service('a', 1));
      scene.api.delete('Service', 'shop', 'b');
      scene.api.put(service('c', 1));
      await scene.clock.settle();
      const version = scene.status.resourceVersion;
      // From before: of an object that has changed, of one that is gone, and the same again.
      for (const object of old) {
        watch!.line(eventLine('MODIFIED', object));
        watch!.line(eventLine('ADDED', object));
        watch!.line(eventLine('DELETED', object));
      }
      for (const object of scene.api.objects('Service')) watch!.line(eventLine('MODIFIED', object));
      await scene.clock.settle();
      expect(scene.isInSync()).toBe(true);
      expect(scene.status.resourceVersion).toBe(version);
      expect(scene.status.staleEvents).toBe(9 + 2);
      watch!.hold(true);
      scene.api.put(service('a', 2));
      scene.api.put(service('d', 1));
      scene.api.delete('Service', 'shop', 'd');
      scene.api.put(service('a', 3));
      watch!.held.reverse();
      watch!.hold(false);
      await scene.clock.settle();
      expect(scene.isInSync()).toBe(true);
    },
    {
      'dropping stale events': { protections: { dropStaleEvents: false } },
      'remembering what was deleted': { protections: { rememberDeleted: false } },
    },
    { server: { objects: [service('a'), service('b'), service('c')] } },
  );

  guarded(
    'a line without an end is cut off before it fills the memory',
    async (scene) => {
      await scene.synced();
      const [watch] = scene.api.watches;
      const megabyte = Buffer.alloc(1 << 20, 'x');
      let sent = 0;
      while (scene.api.watches.has(watch!) && sent < 64) {
        watch!.raw(megabyte);
        sent++;
        await scene.clock.settle();
      }
      expect(sent).toBeLessThanOrEqual(18);
      scene.api.put(service('a', 1));
      expect(await scene.untilInSync(60_000)).toBeLessThanOrEqual(2_000);
      expect(scene.status).toMatchObject({ lists: 1, badLines: 1 });
    },
    { 'the limit on lines': { limits: { objectBytes: Number.POSITIVE_INFINITY } } },
    { server: { objects: [service('a')] } },
  );

  it('an object whose projection throws is left out, and reported', async () => {
    const scene = new Scene({
      server: { objects: [service('a'), service('poison'), service('b')] },
      resource: {
        kind: 'Service',
        path: '/api/v1/services',
        project: (object) => {
          if (object.metadata.name === 'poison') throw new Error('cannot read this');
          return object;
        },
      },
    });
    await scene.synced();
    expect([...scene.observer.objects.keys()].sort()).toEqual(['shop/a', 'shop/b']);
    expect(scene.status.unusableObjects).toBe(1);
    expect(scene.status.lastError!.message).toContain('shop/poison');
    scene.api.put(service('poison', 1));
    scene.api.delete('Service', 'shop', 'poison');
    await scene.clock.settle();
    expect(scene.observer.violations).toEqual([]);
    expect(scene.isInSync()).toBe(true);
    await scene.close();
  });
});
