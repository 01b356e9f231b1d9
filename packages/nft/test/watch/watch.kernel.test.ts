import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NftKilledError, NftMissingError } from '../../src/run/index.js';
import { openSession } from '../../src/run/session.js';
import type { NftSession } from '../../src/run/session.js';
import { lookFor, TableWatch } from '../../src/watch/index.js';
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
  for (let tries = 0; tries < 2_000 && !holds(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(holds()).toBe(true);
}

const opened: NftSession[] = [];
const open = async (): Promise<NftSession> => {
  const session = await openSession({ netns: namespace.name });
  opened.push(session);
  return session;
};

describe('openSession', () => {
  it('tells what nft complains about, and keeps order', async () => {
    const session = await open();
    expect(await session.ask('add table inet asked')).toBe('');
    expect(await session.ask('delete chain inet asked nothing')).toContain('No such file or directory');
    expect(await session.ask('add chain inet asked one\nadd chain inet asked two')).toBe('');
    expect(await session.ask('create table inet asked')).toContain('File exists');
    await session.close();
    await expect(session.ask('list tables')).rejects.toThrow(NftKilledError);
  });

  it('says when there is no nft', async () => {
    const session = await openSession({ command: 'no-such-nft' });
    await expect(session.ask('list tables')).rejects.toThrow(NftMissingError);
    expect(await session.ended).toBeInstanceOf(NftMissingError);
  });
});

describe('lookFor', () => {
  it('tells a table that is there from one that is not', async () => {
    const session = await open();
    await session.ask('add table inet nftproxier-2');
    expect(await lookFor(session, 'nftproxier-2')).toBe('there');
    expect(await lookFor(session, 'nftproxier')).toBe('gone');
    await session.ask('flush ruleset');
    expect(await lookFor(session, 'nftproxier-2')).toBe('gone');
    await session.close();
  });
});

describe('TableWatch', () => {
  it('tells when the table is gone, and not before', async () => {
    await namespace.nft.run('add table inet nftproxier\n');
    const lost: string[] = [];
    const failed: Error[] = [];
    let name: string | undefined = 'nftproxier';
    const watch = new TableWatch({
      open,
      clock,
      table: () => name,
      lost: (table) => {
        lost.push(table);
        name = undefined;
      },
      failed: (error) => failed.push(error),
      periodMs: 5,
    });
    watch.start();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(lost).toEqual([]);
    await namespace.nft.run('delete table inet nftproxier\n');
    await until(() => lost.length > 0);
    expect([lost, failed]).toEqual([['nftproxier'], []]);
    await watch.stop();
    expect(watch.pid).toBeUndefined();
  });

  it('reports once that nft cannot be had, and goes on with a new one', async () => {
    await namespace.nft.run('add table inet nftproxier\n');
    const failed: Error[] = [];
    const pauses: number[] = [];
    const watch = new TableWatch({
      open: () => (pauses.length < 3 ? openSession({ command: 'no-such-nft' }) : open()),
      // Every pause is cut short.
      clock: { ...clock, after: (delay, callback) => (pauses.push(delay), clock.after(1, callback)) },
      table: () => 'nftproxier',
      lost: () => undefined,
      failed: (error) => failed.push(error),
    });
    watch.start();
    await until(() => pauses.length > 6);
    expect(failed).toHaveLength(1);
    expect(failed[0]).toBeInstanceOf(NftMissingError);
    expect(pauses.slice(0, 3)).toEqual([10_000, 20_000, 40_000]);
    expect(watch.pid).toBeGreaterThan(0);
    await watch.stop();
  });
});
