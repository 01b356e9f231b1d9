import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Keeper, keeperTable } from '../../src/keeper/index.js';
import type { KeeperState } from '../../src/keeper/index.js';
import { listChains, NftPermissionError } from '../../src/run/index.js';
import { openSession } from '../../src/run/session.js';
import type { GuardClock } from '../../src/watch/index.js';
import { makeNamespace } from '../run/namespace.js';
import type { Namespace } from '../run/namespace.js';

let namespace: Namespace;
beforeAll(() => {
  namespace = makeNamespace();
});
afterAll(() => {
  namespace.remove();
});

const clock: GuardClock = {
  now: () => Date.now(),
  after: (delay, callback) => {
    const timer = setTimeout(callback, Math.min(delay, 10));
    return () => {
      clearTimeout(timer);
    };
  },
};

const hooks = async (): Promise<readonly string[]> =>
  (await listChains(namespace.nft)).flatMap(({ table, base }) =>
    table === keeperTable && base !== undefined ? [base.hook] : [],
  );

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 1_000 && !(await holds()); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(await holds()).toBe(true);
}

describe('Keeper', () => {
  it('holds a table that nobody else can flush, delete or add to', async () => {
    const keeper = new Keeper({ open: () => openSession({ netns: namespace.name }), clock });
    await keeper.start();
    expect(keeper.state).toBe('held');
    await namespace.nft.run('flush ruleset\n');
    expect((await hooks()).toSorted()).toEqual(['input', 'output', 'postrouting', 'prerouting']);
    await expect(namespace.nft.run(`delete table inet ${keeperTable}\n`)).rejects.toThrow(NftPermissionError);
    await expect(namespace.nft.run(`add chain inet ${keeperTable} more\n`)).rejects.toThrow(NftPermissionError);
    await keeper.stop();
    expect(await hooks()).toEqual([]);
  });

  it('takes hold of it again when its process is killed', async () => {
    const states: KeeperState[] = [];
    const keeper = new Keeper({
      open: () => openSession({ netns: namespace.name }),
      changed: (state) => states.push(state),
      clock,
    });
    await keeper.start();
    const { pid } = keeper;
    if (pid === undefined) throw new Error('the keeper has no process');
    process.kill(pid, 'SIGKILL');
    await until(() => states.length === 3);
    expect(states).toEqual(['held', 'failed', 'held']);
    expect(keeper.pid).not.toBe(pid);
    expect(await hooks()).toHaveLength(4);
    await keeper.stop();
  });

  it('waits while another process has the table', async () => {
    const open = (): ReturnType<typeof openSession> => openSession({ netns: namespace.name });
    const first = new Keeper({ open, clock });
    const second = new Keeper({ open, clock });
    await first.start();
    await second.start();
    expect(second.state).toBe('failed');
    await first.stop();
    await until(() => second.state === 'held');
    await second.stop();
  });

  it('gives up for good where nft does not know the flag', async () => {
    let opened = 0;
    const keeper = new Keeper({
      open: async () => {
        opened += 1;
        const session = await openSession({ netns: namespace.name });
        return { ...session, ask: (commands) => session.ask(commands.replace('flags owner', 'flags unheard')) };
      },
      clock,
    });
    await keeper.start();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([keeper.state, opened]).toEqual(['unsupported', 1]);
    await keeper.stop();
  });
});
