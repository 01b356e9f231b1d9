import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '@nftproxier/core/testing';
import { keeperTable } from '@nftproxier/nft';
import { usageOf } from '../daemon/node.js';
import type { DaemonProcess } from '../daemon/process.js';
import { listRuleset, tablesIn } from './contents.js';
import { openServedNode, until } from './node.js';
import type { ServedNode, ServedService, StartOptions } from './node.js';
import { reportRow, times } from './scorecard.js';

const seed = 1_414;
const count = times(200, 2_000);

/** Services with other endpoints in each generation. */
function servicesOf(generation: number): readonly ServedService[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `s${String(index)}`,
    clusterIP: `10.96.${String(1 + (index >> 7))}.${String(1 + (index & 127))}`,
    endpoints: [1, 2, 3].map((number) => `10.244.${String(2 + (index >> 7))}.${String(3 * generation + number)}`),
  }));
}

let node: ServedNode;
const states: string[] = [];
beforeAll(async () => {
  node = await openServedNode();
  for (const generation of [0, 1]) {
    await node.serve(servicesOf(generation));
    const daemon = await node.started();
    states.push((await look()).serving[0] ?? '');
    await daemon.stop();
  }
});
afterAll(() => node.close());

interface Look {
  /** What the tables hold that packets meet. */
  readonly serving: readonly string[];
  /** All tables of ours. */
  readonly tables: readonly string[];
}

async function look(): Promise<Look> {
  const listing = await listRuleset(node.lab.namespace('node-a'));
  const tables = tablesIn(listing);
  return {
    serving: tables.filter(({ isServing }) => isServing).map(({ contents }) => contents.join('\n')),
    tables: [...tables.map(({ name }) => name), ...(listing.includes(`"${keeperTable}"`) ? [keeperTable] : [])],
  };
}

/** Programs that daemons have started in node-a's network. */
async function processes(): Promise<readonly string[]> {
  const own = await readlink(`/proc/${String(node.lab.namespace('node-a').pid)}/ns/net`);
  const found = (await readdir('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .map(async (pid) => {
      try {
        if ((await readlink(`/proc/${pid}/ns/net`)) !== own) return [];
        return [(await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim()];
      } catch {
        return [];
      }
    });
  return (
    (await Promise.all(found))
      .flat()
      .filter((command) => /^(nft|conntrack|ip|socat) /.test(command))
      // What socat is told has numbers in it.
      .map((command) => command.replace(/^socat .*/, 'socat'))
      .sort()
  );
}

/** Names of the lock that are taken. */
async function locks(): Promise<number> {
  const { stdout } = await node.lab.exec('node-a', ['cat', '/proc/net/unix']);
  return stdout.split('\n').filter((line) => / @nftproxier@*$/.test(line)).length;
}

/** What there is in node-a beside a daemon that serves. It may still be cleaning up after its start. */
async function leftOver(daemon: DaemonProcess): Promise<readonly string[]> {
  const started = ['ip -o monitor address', 'nft --interactive', 'socat'];
  const wanted = { tables: 2, started, children: 3, locks: 1 };
  // What follows addresses learns only with the next change of one that nobody listens to it any more.
  for (const change of ['add', 'delete'])
    await node.lab.exec('node-a', ['ip', 'address', change, '127.0.0.9/32', 'dev', 'lo']);
  for (let tries = 1; ; tries += 1) {
    const found = {
      tables: (await look()).tables.length,
      started: await processes(),
      children: (await usageOf(daemon.pid))?.children.length,
      locks: await locks(),
    };
    if (JSON.stringify(found) === JSON.stringify(wanted)) return [];
    if (tries === 20) return [JSON.stringify(found)];
    await sleep(100);
  }
}

interface Endured {
  /** Looks at which packets met a table that was neither as before nor as after a change, or none. */
  readonly partial: number;
  readonly looks: number;
  /** What was left over of a daemon that was killed, after the next one had begun to serve. */
  readonly leftovers: readonly string[];
  /** From the start of the next daemon until the kernel was as it should be, in milliseconds. */
  readonly tookMs: readonly number[];
}

/** Kills a daemon so many times at random moments, of its start or of a change, and lets the next one take over. */
async function endure(kills: number, options: StartOptions = {}): Promise<Endured> {
  const random = seededRandom(seed);
  const tookMs: number[] = [];
  const leftovers: string[] = [];
  let [partial, looks, generation] = [0, 0, 1];
  let isOver = false;
  const lookAround = async (): Promise<void> => {
    for (; !isOver; looks += 1) {
      const began = performance.now();
      const { serving } = await look();
      if (serving.length === 0 || serving.some((state) => !states.includes(state))) partial += 1;
      // Listing what thousands of Services have takes a processor, of which the daemon is to have the greater part.
      await sleep(Math.max(20, 2 * (performance.now() - began)));
    }
  };
  let daemon: DaemonProcess = await node.started(options);
  const around = lookAround();
  try {
    while (tookMs.length < kills) {
      generation = 1 - generation;
      await node.serve(servicesOf(generation));
      await sleep(1_500 * random());
      await daemon.stop('SIGKILL');
      // One that has only begun to start.
      daemon = node.start(options);
      await sleep(1_500 * random());
      await daemon.stop('SIGKILL');
      const began = performance.now();
      daemon = node.start(options);
      await daemon.says('serving');
      await until('the kernel is as it should be', async () => {
        const { serving, tables } = await look();
        return serving.length === 1 && serving[0] === states[generation] && tables.length === 2;
      });
      tookMs.push(performance.now() - began);
      leftovers.push(...(await leftOver(daemon)));
    }
  } finally {
    isOver = true;
    await around;
    await daemon.stop();
  }
  return { partial, looks, leftovers, tookMs };
}

describe('row 14: the daemon is killed at random moments', { timeout: 3_600_000, retry: 0 }, () => {
  it('and leaves no partial state and nothing in the way of the next one', async () => {
    const { partial, looks, leftovers, tookMs } = await endure(times(2, 50));
    reportRow({
      row: 14,
      case: `SIGKILL of the daemon while it starts, and while it changes ${String(count)} Services; the time is that from the next start until the kernel is as wanted`,
      n: 2 * tookMs.length,
      passNumber: '0 partial states, nothing left over, as wanted within 2 s of the next start',
      measured: `${String(partial)} partial states in ${String(looks)} looks, ${String(leftovers.length)} with leftovers`,
      tookMs,
      seed,
    });
    expect(leftovers).toEqual([]);
    expect(partial).toBe(0);
    expect(looks).toBeGreaterThan(tookMs.length);
  });
});
