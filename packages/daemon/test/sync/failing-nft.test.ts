import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, test } from 'vitest';
import { seededRandom, service, slice } from '@nftproxier/core/testing';
import {
  Loader,
  NftKilledError,
  NftMissingError,
  NftOutputError,
  NftRefusedError,
  NftTimeoutError,
} from '@nftproxier/nft';
import type { LoadTarget, RefusalReason } from '@nftproxier/nft';
import { FakeNft, createFakeLoadTarget } from '@nftproxier/nft/testing';
import { reportRow, times } from '../../../../test/reliability/scorecard.js';
import { createLog } from '../../src/commands/log.js';
import { loadConfiguration } from '../../src/config/index.js';
import { createProxyHealth } from '../../src/health/index.js';
import { healthObserver } from '../../src/observe/health.js';
import type { Batch, Source } from '../../src/sources/source.js';
import { Proxy } from '../../src/sync/proxy.js';
import { FakeClock } from './fake-clock.js';

const seed = 16;
const services = 100;

/** How a process of nft fails, in what it says of itself; `undefined` where it does what it is asked. */
type Failure = (of: 'write' | 'list', clock: FakeClock, limitMs: number) => Promise<Error | undefined>;

const refuses =
  (reason: RefusalReason, message: string): Failure =>
  (of) =>
    Promise.resolve(of === 'list' ? undefined : new NftRefusedError([{ reason, message }]));
const always =
  (error: () => Error): Failure =>
  () =>
    Promise.resolve(error());

const failures: Readonly<Record<string, Failure>> = {
  'nft is missing': always(() => new NftMissingError('nft')),
  'nft ends with 1': always(() => new NftRefusedError([{ reason: 'other', message: 'nft failed without a message' }])),
  'nft hangs': (_, clock, limitMs) =>
    new Promise((resolve) => {
      clock.after(limitMs, () => {
        resolve(new NftTimeoutError(limitMs));
      });
    }),
  'nft prints garbage': always(() => new NftOutputError('nft printed "garbage"')),
  'nft is killed': always(() => new NftKilledError('SIGKILL')),
  EBUSY: refuses('busy', 'Could not process rule: Device or resource busy'),
  ENOBUFS: refuses('no-buffer', 'Could not process rule: No buffer space available'),
  EMSGSIZE: refuses('too-long', 'Could not process rule: Message too long'),
  'nft is of a version that cannot read it': refuses('invalid', 'syntax error, unexpected string'),
};

interface Weakened {
  readonly probe?: false;
  /** Milliseconds that a process may take. */
  readonly limitMs?: number;
}

/** The daemon's proxy, with time that stands still until it is moved, and an nft that can fail. */
function scene({ probe, limitMs = 25_000 }: Weakened) {
  const clock = new FakeClock();
  const fake = new FakeNft();
  const kernel = createFakeLoadTarget(fake);
  const starts: number[] = [];
  let failure: Failure | undefined;
  const started = async <T>(of: 'write' | 'list', limit: number, work: () => Promise<T>): Promise<T> => {
    starts.push(clock.now());
    const error = await failure?.(of, clock, limit);
    if (error !== undefined) throw error;
    return work();
  };
  const target: LoadTarget = {
    apply: (transaction) => started('write', limitMs, () => kernel.apply(transaction)),
    listChains: () => started('list', limitMs, () => kernel.listChains()),
    listSets: (table) => started('list', limitMs, () => kernel.listSets(table)),
    listElements: (table, set) => started('list', limitMs, () => kernel.listElements(table, set)),
  };
  const loader = new Loader(target);
  const loaded = loadConfiguration({ argv: [], readFile: () => '', env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { configuration } = loaded;
  const health = createProxyHealth({
    families: ['IPv4'],
    timeout: () => 2 * configuration.nftables.syncPeriod,
    readyTimeout: () => configuration.nftables.minSyncPeriod + 20_000,
    clock: { now: () => clock.now(), elapsed: () => clock.now() },
  });
  let hand: (batch: Batch) => void | Promise<void> = () => undefined;
  const source: Source = {
    start: (onBatch) => {
      hand = onBatch;
      return Promise.resolve();
    },
    stop: () => Promise.resolve(),
    status: () => [],
  };
  const proxy = new Proxy({
    configuration: () => configuration,
    nodeName: 'node-a',
    families: ['IPv4'],
    source,
    required: ['Service', 'EndpointSlice'],
    loader,
    log: createLog(configuration, { out: () => undefined, err: () => undefined, color: false }),
    clock,
    localAddresses: () => [],
    ...(probe === false ? {} : { probe: () => started('write', 3_000, () => Promise.resolve()) }),
    observer: healthObserver({
      families: ['IPv4'],
      health,
      serviceHealth: { set: () => undefined, setScopes: () => undefined, close: () => Promise.resolve() } as never,
    }),
  });
  return {
    clock,
    health,
    starts,
    proxy,
    hand: (batch: Batch) => hand(batch),
    fail: (how: Failure | undefined) => {
      failure = how;
    },
    held: () => [...fake.tables.keys()].map((table) => fake.dump(table)).join('\n'),
    /** Moves on in steps, each with all that follows from it. */
    pass: async (milliseconds: number): Promise<void> => {
      for (let passed = 0; passed < milliseconds; passed += 100) {
        await clock.pass(100);
        for (let round = 0; round < 3; round += 1) await setImmediate();
      }
    },
  };
}

const name = (index: number): string => `s${String(index)}`;

function slices(generation: number) {
  return Array.from({ length: services }, (_, index) =>
    slice({
      service: name(index),
      ports: [80],
      endpoints: [`10.244.${String(index)}.${String(1 + (generation % 250))}`],
    }),
  );
}

interface Endured {
  /** Most starts of nft in a minute. */
  readonly mostStarts: number;
  /** After how many milliseconds the proxy was not ready, and not healthy, any more. */
  readonly unreadyMs: number;
  readonly unhealthyMs: number;
  /** Whether the kernel held all the time what it had held before. */
  readonly isKept: boolean;
  /** From each repair until what was wanted was in the kernel and the proxy was ready, in milliseconds. */
  readonly healedMs: readonly number[];
}

/** nft fails for three minutes, and then for half a minute so many times, in which all Services change again and again. */
async function endure(failure: Failure, options: Weakened = {}, repairs = times(2, 20)): Promise<Endured> {
  const { clock, health, starts, proxy, hand, fail, held, pass } = scene(options);
  await proxy.start();
  const objects = Array.from({ length: services }, (_, index) =>
    service({ name: name(index), clusterIP: `10.96.0.${String(1 + index)}`, ports: [80] }),
  );
  await hand({ kind: 'Service', type: 'replace', objects });
  await hand({ kind: 'EndpointSlice', type: 'replace', objects: slices(0) });
  await pass(3_000);
  if (!health.isReady()) throw new Error('the proxy is not ready');

  const random = seededRandom(seed);
  const healedMs: number[] = [];
  let [mostStarts, unreadyMs, unhealthyMs, isKept, generation] = [0, Infinity, Infinity, true, 0];
  for (let repair = 0; repair < repairs; repair += 1) {
    const before = held();
    fail(failure);
    const broken = clock.now();
    starts.length = 0;
    const length = (repair === 0 ? 180_000 : 30_000) + 8_000 * random();
    while (clock.now() < broken + length) {
      generation += 1;
      const events = slices(generation).map((object) => ({ type: 'set', object }) as const);
      await hand({ kind: 'EndpointSlice', type: 'delta', events });
      await pass(500);
      if (!health.isReady()) unreadyMs = Math.min(unreadyMs, clock.now() - broken);
      if (!health.report().healthy) unhealthyMs = Math.min(unhealthyMs, clock.now() - broken);
      isKept &&= held() === before;
    }
    const inMinuteFrom = (at: number): number => starts.filter((one) => one >= at && one < at + 60_000).length;
    mostStarts = Math.max(mostStarts, ...starts.map(inMinuteFrom));

    fail(undefined);
    const repaired = clock.now();
    const last = `10.244.7.${String(1 + (generation % 250))}`;
    while (!(health.isReady() && held().includes(last)) && clock.now() < repaired + 60_000) await pass(100);
    healedMs.push(clock.now() - repaired);
  }
  // One that waits for nft for ever does not end.
  void proxy.stop();
  return { mostStarts, unreadyMs, unhealthyMs, isKept, healedMs };
}

describe('row 16: nft fails for three minutes, while all Services change', { timeout: 120_000 }, () => {
  it.each(Object.entries(failures))('%s', async (what, failure) => {
    const { mostStarts, unreadyMs, unhealthyMs, isKept, healedMs } = await endure(failure);
    reportRow({
      row: 16,
      case: `${what}, on a clock of its own`,
      n: healedMs.length,
      passNumber:
        'the old rules stay, at most 20 starts of nft a minute, unready within 30 s, not live within 120 s, well within 5 s of the repair',
      measured: `${isKept ? 'they stay' : 'they changed'}, ${String(mostStarts)} starts a minute, unready after ${String(unreadyMs / 1_000)} s, not live after ${String(unhealthyMs / 1_000)} s; the time is that from the repair`,
      tookMs: healedMs,
      seed,
    });
    expect(isKept).toBe(true);
    expect(mostStarts).toBeLessThanOrEqual(20);
    expect(unreadyMs).toBeLessThanOrEqual(30_000);
    expect(unhealthyMs).toBeLessThanOrEqual(120_000);
    expect(Math.max(...healedMs)).toBeLessThanOrEqual(5_000);
  });

  const failureOf = (what: string): Failure => {
    const found = failures[what];
    if (found === undefined) throw new Error(`there is no ${what}`);
    return found;
  };

  it('nft is not started more often: fails without asking first whether it works', async () => {
    expect((await endure(failureOf('EBUSY'), { probe: false }, 1)).mostStarts).toBeGreaterThan(20);
  });

  it('what was repaired is used soon: fails without a limit on the time that nft takes', async () => {
    const { healedMs } = await endure(failureOf('nft hangs'), { limitMs: 3_600_000 }, 1);
    expect(Math.max(...healedMs)).toBeGreaterThan(5_000);
  });
});

test('a proxy says that its syncs fail, until one has succeeded', async () => {
  const { proxy, hand, fail, pass } = scene({});
  await proxy.start();
  const objects = [1, 2].map((index) =>
    service({ name: name(index), clusterIP: `10.96.0.${String(index)}`, ports: [80] }),
  );
  await hand({ kind: 'Service', type: 'replace', objects });
  await hand({ kind: 'EndpointSlice', type: 'replace', objects: slices(0) });
  await pass(3_000);
  expect(proxy.isFailing).toBe(false);
  fail(failures['EBUSY']);
  await hand({ kind: 'EndpointSlice', type: 'replace', objects: slices(1) });
  await pass(3_000);
  expect(proxy.isFailing).toBe(true);
  fail(undefined);
  await pass(5_000);
  expect(proxy.isFailing).toBe(false);
  await proxy.stop();
});
