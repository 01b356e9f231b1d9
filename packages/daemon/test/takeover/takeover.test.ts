import { describe, expect, it } from 'vitest';
import { createTakeover } from '../../src/takeover/index.js';
import type { LeftoversRemoval, TakeoverNews } from '../../src/takeover/index.js';
import { FakeClock } from '../sync/fake-clock.js';

const removal = (changes: Partial<LeftoversRemoval> = {}): LeftoversRemoval => ({
  removed: ['table ip kube-proxy'],
  kept: [],
  isComplete: true,
  errors: [],
  ...changes,
});

function scene({ wanted = true, removals = [] as readonly LeftoversRemoval[] } = {}) {
  const clock = new FakeClock();
  const news: TakeoverNews[] = [];
  const failures: unknown[] = [];
  const node = {
    running: [] as readonly string[],
    tables: [] as readonly string[],
    removed: 0,
    error: undefined as Error | undefined,
  };
  const takeover = createTakeover({
    detector: {
      running: () => (node.error === undefined ? Promise.resolve(node.running) : Promise.reject(node.error)),
      tables: () => Promise.resolve(node.tables),
    },
    removeLeftovers: wanted ? () => Promise.resolve(removals[node.removed++] ?? removal()) : undefined,
    clock,
    tell: (one) => news.push(one),
    failed: (error) => failures.push(error),
  });
  return { clock, news, failures, node, takeover };
}

const minute = 60_000;

describe('taking over from kube-proxy', () => {
  it('removes nothing before our own rules are live, and then at once', async () => {
    const { clock, news, node, takeover } = scene();
    await takeover.begin();
    await clock.pass(10 * minute);
    expect([node.removed, news]).toEqual([0, []]);
    takeover.served();
    await clock.pass(0);
    expect(node.removed).toBe(1);
    expect(news).toEqual([{ kind: 'removed', removal: removal() }]);
  });

  it('removes once, however often our rules change', async () => {
    const { clock, node, takeover } = scene();
    await takeover.begin();
    for (let sync = 0; sync < 5; sync += 1) {
      takeover.served();
      await clock.pass(minute);
    }
    expect(node.removed).toBe(1);
  });

  it('leaves everything alone while kube-proxy runs, and says so once', async () => {
    const { clock, news, node, takeover } = scene();
    node.running = ['process 7'];
    await takeover.begin();
    takeover.served();
    await clock.pass(10 * minute);
    expect(node.removed).toBe(0);
    expect(news).toEqual([{ kind: 'running', signs: ['process 7'] }]);
  });

  it('removes what it left when it has ended, but not while it restarts', async () => {
    const { clock, news, node, takeover } = scene();
    node.running = ['process 7'];
    await takeover.begin();
    takeover.served();
    await clock.pass(10_000);
    node.running = [];
    await clock.pass(30_000);
    node.running = ['process 8'];
    await clock.pass(30_000);
    expect(node.removed).toBe(0);
    node.running = [];
    await clock.pass(2 * minute);
    expect(news.map(({ kind }) => kind)).toEqual(['running', 'running', 'gone', 'removed']);
  });

  it('reports a kube-proxy that begins later, also one of which only the tables can be seen, and does not fight it', async () => {
    const { clock, news, node, takeover } = scene();
    await takeover.begin();
    takeover.served();
    await clock.pass(minute);
    node.tables = ['table ip kube-proxy'];
    await clock.pass(10 * minute);
    expect(news.slice(1)).toEqual([{ kind: 'running', signs: ['table ip kube-proxy'] }]);
    node.tables = [];
    await clock.pass(2 * minute);
    expect(news.at(-1)).toEqual({ kind: 'gone' });
    expect(node.removed).toBe(1);
  });

  it('tries again what could not be removed, without repeating itself', async () => {
    const waits = removal({ removed: [], kept: ['interface kube-ipvs0'], isComplete: false });
    const { clock, news, node, takeover } = scene({ removals: [waits, waits, waits, removal()] });
    await takeover.begin();
    takeover.served();
    await clock.pass(10 * minute);
    expect(node.removed).toBe(4);
    expect(news).toEqual([
      { kind: 'removed', removal: waits },
      { kind: 'removed', removal: removal() },
    ]);
  });

  it('removes nothing where that is switched off, and still reports a running kube-proxy', async () => {
    const { clock, news, node, takeover } = scene({ wanted: false });
    await takeover.begin();
    takeover.served();
    node.running = ['metrics server at 127.0.0.1:10249'];
    await clock.pass(minute);
    expect(node.removed).toBe(0);
    expect(news.map(({ kind }) => kind)).toEqual(['running']);
  });

  it('survives that it cannot look, and removes nothing meanwhile', async () => {
    const { clock, failures, node, takeover } = scene();
    node.error = new Error('no /proc');
    await takeover.begin();
    takeover.served();
    await clock.pass(minute);
    expect(node.removed).toBe(0);
    expect(failures).toContain(node.error);
    node.error = undefined;
    await clock.pass(minute);
    expect(node.removed).toBe(1);
  });

  it('leaves no timer behind when it is stopped', async () => {
    const { clock, node, takeover } = scene();
    await takeover.begin();
    await takeover.stop();
    takeover.served();
    await clock.pass(10 * minute);
    expect([clock.waiting, node.removed]).toEqual([0, 0]);
  });
});
