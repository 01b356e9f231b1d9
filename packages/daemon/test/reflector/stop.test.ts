import { describe, expect, it } from 'vitest';
import { service } from './objects.js';
import { Scene } from './scene.js';

/** What a reflector may be in the middle of when it is stopped. */
const situations: Record<string, (scene: Scene) => void | Promise<void>> = {
  'before it began': () => undefined,
  'waiting for the headers of a list': (scene) => {
    scene.api.setFault({ effect: { type: 'hang' } });
    scene.reflector.start();
  },
  'reading a list': (scene) => {
    scene.api.setFault({ verb: 'watch-list', effect: { type: 'no-watch-list', how: 'refuse' } });
    scene.api.setFault({ verb: 'list', effect: { type: 'trickle', bytes: 10, everyMs: 100 } });
    scene.reflector.start();
  },
  'reading initial events': (scene) => {
    scene.api.setFault({ effect: { type: 'trickle', bytes: 10, everyMs: 100 } });
    scene.reflector.start();
  },
  'reading a refusal': (scene) => {
    scene.api.setFault({
      effect: { type: 'status', status: { code: 500, reason: '', message: 'x'.repeat(5_000) } },
    });
    scene.api.setFault({ effect: { type: 'stall', afterBytes: 100 } });
    scene.reflector.start();
  },
  watching: (scene) => scene.reflector.start(),
  'waiting for the next attempt': (scene) => {
    scene.transport.down = true;
    scene.reflector.start();
  },
  'waiting to give a handler everything anew': (scene) => {
    scene.observer.batches.push = () => {
      throw new Error('not now');
    };
    scene.reflector.start();
  },
  'waiting for a resource that is not there': (scene) => {
    scene.api.setForbidden(['system:admin watch services']);
    scene.reflector.start();
  },
  auditing: async (scene) => {
    scene.reflector.start();
    await scene.clock.settle();
    scene.api.setFault({ verb: 'list', effect: { type: 'trickle', bytes: 10, everyMs: 1_000 } });
    await scene.clock.advance(60_000);
    expect(scene.count('list')).toBe(1);
  },
};

describe('stop()', () => {
  for (const [what, begin] of Object.entries(situations)) {
    // Between one promise and the next, and after a while.
    it.each([0, 1, 2, 3, 5, 8, 13, 21, 34])(`leaves nothing behind: ${what}, %i turns later`, async (turns) => {
      const scene = new Scene({
        server: { objects: Array.from({ length: 20 }, (_, index) => service(`s${index}`)) },
        limits: { auditMs: [50_000, 50_000] },
      });
      await begin(scene);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      if (turns > 8) await scene.clock.advance(turns * 100);
      await scene.close();
      expect(scene.status.state).toBe('stopped');
    });
  }

  it('waits for the handler, and tells it nothing more', async () => {
    const calls: string[] = [];
    const scene: Scene = new Scene({
      server: { objects: [service('a')] },
      handler: async ({ type }) => {
        calls.push(`${type} begins`);
        await new Promise<void>((resolve) => scene.clock.setTimeout(resolve, 1_000));
        calls.push(`${type} ends`);
      },
    });
    await scene.synced();
    scene.api.put(service('b'));
    await scene.clock.settle();
    let stopped = false;
    const stopping = scene.reflector.stop().then(() => (stopped = true));
    await scene.clock.advance(500);
    expect(stopped).toBe(false);
    await scene.clock.advance(5_000);
    await stopping;
    expect(calls).toEqual(['replace begins', 'replace ends']);
    await scene.close();
  });
});
