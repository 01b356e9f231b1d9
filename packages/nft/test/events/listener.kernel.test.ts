import { execFileSync, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TableListener } from '../../src/events/index.js';
import type { Hearing, TableChange } from '../../src/events/index.js';
import { openEvents, openSession, OwnProcesses, SocatEndedError, SocatMissingError } from '../../src/run/index.js';
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
    const timer = setTimeout(callback, delay);
    return () => {
      clearTimeout(timer);
    };
  },
};

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 4_000 && !holds(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(holds()).toBe(true);
}

/** Listens while a test runs. */
async function withListener(
  work: (scene: {
    readonly changes: TableChange[];
    readonly hearings: (readonly [Hearing, Error | undefined])[];
    readonly own: OwnProcesses;
    readonly listener: TableListener;
    /** What others have done until now has been told. */
    readonly told: () => Promise<void>;
  }) => Promise<void>,
  { command, netns = namespace.name }: { readonly command?: string; readonly netns?: string } = {},
): Promise<void> {
  const changes: TableChange[] = [];
  const hearings: (readonly [Hearing, Error | undefined])[] = [];
  const own = new OwnProcesses();
  const listener = new TableListener({
    open: (heard) => openEvents(heard, command === undefined ? { netns } : { command }),
    tables: ['nftproxier', 'nftproxier-2', 'told'],
    isOwn: (pid) => own.has(pid),
    changed: (change) => changes.push(change),
    hearing: (hearing, reason) => hearings.push([hearing, reason]),
    // Every pause is cut short.
    clock: { ...clock, after: (_, callback) => clock.after(1, callback) },
  });
  listener.start();
  await until(() => hearings.length > 0);
  const told = async (): Promise<void> => {
    await namespace.nft.run('add table inet told\ndelete table inet told\n');
    await until(() => changes.some(({ table }) => table === 'told'));
    changes.splice(
      changes.findIndex(({ table }) => table === 'told'),
      1,
    );
  };
  try {
    await work({ changes, hearings, own, listener, told });
  } finally {
    await listener.stop();
    expect(listener.pid).toBeUndefined();
    await namespace.nft.run('flush ruleset\n');
  }
}

const table = `table inet nftproxier {
  map m { typeof ip daddr . tcp dport . numgen random mod 65536 : ip daddr . tcp dport; elements = { 10.0.0.1 . 80 . 258 : 10.1.0.1 . 8080 }; }
  set s { type ipv6_addr; }
  chain c { }
}
`;

describe('TableListener', () => {
  it('tells of what others do to our tables, with their name, and of nothing else', async () => {
    await withListener(async ({ changes, told }) => {
      await namespace.nft.run(table);
      await namespace.nft.run('add rule inet nftproxier c accept\n');
      await namespace.nft.run('delete element inet nftproxier m { 10.0.0.1 . 80 . 258 }\n');
      await namespace.nft.run('add element inet nftproxier s { 2001:db8::1 }\n');
      await namespace.nft.run('flush set inet nftproxier s\n');
      await namespace.nft.run('table ip nftproxier { chain c { }; }\ntable inet other { chain c { }; }\n');
      await namespace.nft.run(`flush ruleset\n${table}`);
      await namespace.nft.run('flush ruleset\n');
      await told();
      const slot = [10, 0, 0, 1, 0, 80, 0, 0, 2, 1, 0, 0];
      const address = [0x20, 0x01, 0x0d, 0xb8, ...Array.from({ length: 11 }, () => 0), 1];
      const shown = changes.map(({ elements, ...rest }) => [
        rest,
        Object.fromEntries([...elements].map(([set, keys]) => [set, keys.map((key) => [...key])])),
      ]);
      const change = { table: 'nftproxier', by: 'nft', isDeleted: false, isStructural: true, hasMore: false };
      expect(shown).toEqual([
        [change, { m: [slot] }],
        [change, {}],
        [{ ...change, isStructural: false }, { m: [slot] }],
        [{ ...change, isStructural: false }, { s: [address] }],
        [{ ...change, isStructural: false }, { s: [address] }],
        [change, { m: [slot] }],
        [{ ...change, isDeleted: true }, {}],
      ]);
    });
  });

  it('tells nothing of what we do ourselves, in a process for each transaction or in a long-lived one', async () => {
    await withListener(async ({ changes, own, told }) => {
      const nft = namespace.nftWith({ own });
      await nft.run(table);
      await nft.run('delete table inet nftproxier\n');
      const session = await openSession({ netns: namespace.name, own });
      await session.ask('add table inet nftproxier-2');
      await session.close();
      await told();
      expect(changes).toEqual([]);
    });
  });

  it('hears again after there was more to tell than it could read', { timeout: 60_000 }, async () => {
    await withListener(async ({ changes, hearings, listener, told }) => {
      const addresses = Array.from({ length: 150_000 }, (_, n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
      process.kill(listener.pid!, 'SIGSTOP');
      const stopped = listener.pid!;
      await namespace.nft.run(
        `add table inet other\nadd set inet other s { type ipv4_addr; }\nadd element inet other s { ${addresses.join(', ')} }\n`,
      );
      process.kill(stopped, 'SIGCONT');
      await until(() => hearings.length === 3);
      expect(hearings.map(([hearing]) => hearing)).toEqual(['listening', 'deaf', 'listening']);
      expect(hearings[1]?.[1]).toBeInstanceOf(SocatEndedError);
      expect((hearings[1]?.[1] as SocatEndedError).isOverflow).toBe(true);
      expect(listener.pid).not.toBe(stopped);
      await told();
      expect(changes).toEqual([]);
    });
  });

  it('says once that there is no socat, and does not try again', async () => {
    await withListener(
      async ({ hearings, listener }) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(hearings.map(([hearing]) => hearing)).toEqual(['unsupported']);
        expect(hearings[0]?.[1]).toBeInstanceOf(SocatMissingError);
        expect(listener.pid).toBeUndefined();
      },
      { command: 'no-such-socat' },
    );
  });

  it('ends where it cannot be understood, and says so', async () => {
    const heard = (): void => {
      throw new Error('what is this?');
    };
    const events = await openEvents(heard, { netns: namespace.name });
    await namespace.nft.run('add table inet other\ndelete table inet other\n');
    expect((await events.ended).message).toBe('what is this?');
  });

  it('says once that it is not permitted, and tries again', async () => {
    let tries = 0;
    await withListener(
      async ({ hearings }) => {
        await until(() => (tries += 1) > 20);
        expect(hearings.map(([hearing]) => hearing)).toEqual(['deaf']);
      },
      { command: 'false' },
    );
  });
});

describe('openEvents', () => {
  it('ends with the process that opened it, however that ends', async () => {
    const run = new URL('../../dist/run/events.js', import.meta.url).href;
    const script = `import { openEvents } from ${JSON.stringify(run)};
      const { pid } = await openEvents(() => undefined, { netns: ${JSON.stringify(namespace.name)} });
      console.log(pid);
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) => {
      child.stdout.once('data', (text: Buffer) => {
        resolve(Number(text.toString()));
      });
    });
    const isRunning = (): boolean => {
      try {
        return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
      } catch {
        return false;
      }
    };
    expect(isRunning()).toBe(true);
    child.kill('SIGKILL');
    await until(() => !isRunning());
  });
});
