import { parseCidr } from '@nftproxier/core';
import { describe, expect, it } from 'vitest';
import { ConntrackCleaner } from '../../src/conntrack/index.js';
import type { CleanerOptions, CleaningReport } from '../../src/conntrack/index.js';
import { ConntrackMissingError, ConntrackTimeoutError, ConntrackVanishedError } from '../../src/run/conntrack-error.js';
import { FakeClock } from './fake-clock.js';
import { FakeConntrack, flow } from './fake-conntrack.js';
import { planOf } from './plans.js';

function setUp(changes: Partial<CleanerOptions> = {}) {
  const clock = new FakeClock();
  const conntrack = new FakeConntrack();
  const reports: CleaningReport[] = [];
  const cleaner = new ConntrackCleaner({
    conntrack,
    clock,
    isNodePortAddress: (address) => address === '192.168.0.1',
    onReport: (report) => reports.push(report),
    ...changes,
  });
  return { clock, conntrack, cleaner, reports };
}

const dns = (...endpoints: readonly string[]) => planOf('dns', { clusterIP: '10.96.0.10', port: 53, endpoints });
const one = '10.244.0.1:5353';
const two = '10.244.0.2:5353';
const toOne = flow('UDP 10.0.0.1:9 > 10.96.0.10:53 = 10.244.0.1:5353');
const toTwo = flow('UDP 10.0.0.2:9 > 10.96.0.10:53 = 10.244.0.2:5353');
const elsewhere = flow('UDP 10.0.0.2:9 > 10.9.9.9:53 = 10.244.0.1:5353');
const replaced = { before: dns(one), after: dns(two) };

describe('a run', () => {
  it('is one listing and one removal, and says what it did', async () => {
    const { clock, conntrack, cleaner, reports } = setUp();
    conntrack.flows = [toOne, toTwo, elsewhere, { ...toOne, original: { ...toOne.original, sport: 10 } }];
    cleaner.changed([replaced]);
    expect(conntrack.runs).toEqual([]);
    await clock.pass(0);
    expect(conntrack.runs).toEqual(['list', 'load']);
    expect(conntrack.queries).toEqual([{ protocol: 'UDP', family: 'IPv4', dst: '10.96.0.10' }]);
    expect(conntrack.flows).toEqual([toTwo, elsewhere]);
    expect(reports).toEqual([
      {
        listed: 3,
        malformed: 0,
        stale: 2,
        removed: 2,
        cleaned: { IPv4: 2, IPv6: 0 },
        processes: 2,
        ms: 0,
        isRepeated: false,
        pending: 0,
      },
    ]);
    expect(clock.waiting).toBe(0);
  });

  it('removes nothing where nothing is stale', async () => {
    const { clock, conntrack, cleaner } = setUp();
    conntrack.flows = [toTwo, elsewhere];
    cleaner.changed([replaced]);
    await clock.pass(0);
    expect(conntrack.runs).toEqual(['list']);
  });

  it('does not happen where no flow can have become stale', async () => {
    const { clock, conntrack, cleaner } = setUp();
    cleaner.changed([{ before: dns(one), after: dns(one, two) }]);
    cleaner.changed([]);
    await clock.pass(10_000);
    expect(conntrack.runs).toEqual([]);
  });

  it('lists both families at once, and each protocol', async () => {
    const { clock, conntrack, cleaner } = setUp();
    const before = planOf(
      'all',
      { clusterIP: '10.96.0.10', port: 53, endpoints: [one] },
      { clusterIP: 'fd00:96::a', port: 53, endpoints: ['[fd00:244::1]:53'] },
      { clusterIP: '10.96.0.10', port: 99, protocol: 'SCTP', endpoints: [one], nodePort: 30099 },
    );
    conntrack.flows = [
      flow('UDP [fd00::1]:9 > [fd00:96::a]:53 = [fd00:244::1]:53'),
      flow('SCTP 10.0.0.1:9 > 192.168.0.1:30099 = 10.244.0.1:5353', 'ESTABLISHED'),
    ];
    cleaner.changed([{ before, after: undefined }]);
    await clock.pass(0);
    expect(conntrack.queries).toEqual([{ protocol: 'UDP' }, { protocol: 'SCTP', family: 'IPv4' }]);
    expect(conntrack.runs).toEqual(['list', 'list', 'load']);
    expect(conntrack.flows).toEqual([]);
  });

  it('is repeated at once where a flow ended while it was deleted', async () => {
    const { clock, conntrack, cleaner, reports } = setUp();
    conntrack.flows = [toOne];
    conntrack.failures.push(undefined, new ConntrackVanishedError(3), new ConntrackVanishedError(4));
    cleaner.changed([replaced]);
    await clock.pass(0);
    expect(reports).toMatchObject([{ removed: 8, processes: 4 }]);
    expect(reports[0]).not.toHaveProperty('error');
  });

  it('deletes the most frequent kinds first, and the others later', async () => {
    const { clock, conntrack, cleaner, reports } = setUp();
    const ports = Array.from({ length: 450 }, (_, index) => index + 1);
    const to = (port: number): string => `UDP 10.0.0.1:9 > 10.96.0.10:53 = 10.244.0.1:${String(port)}`;
    conntrack.flows = ports.map((port) => flow(to(port)));
    conntrack.flows.push(
      ...Array.from({ length: 3 }, (_, index) => flow(to(7).replace(':9', `:${String(index + 10)}`))),
    );
    cleaner.changed([replaced]);
    await clock.pass(10_000);
    expect(conntrack.flows).toEqual([]);
    expect(conntrack.commands[0]).toContain('--reply-port-src 7');
    expect(reports.map(({ stale, removed, pending }) => [stale, removed, pending])).toEqual([
      [453, 203, 1],
      [250, 200, 1],
      [50, 50, 0],
    ]);
  });
});

describe('under constant churn', () => {
  it('there are two processes a second at most, and nothing waits for long', async () => {
    const { clock, conntrack, cleaner } = setUp();
    const started: number[] = [];
    conntrack.onRun = () => void started.push(clock.now());
    let current = dns(one);
    const begin = clock.now();
    for (let step = 0; step < 1_000; step += 1) {
      const next = dns(step % 2 === 0 ? two : one);
      conntrack.flows.push(step % 2 === 0 ? toOne : toTwo);
      cleaner.changed([{ before: current, after: next }]);
      current = next;
      await clock.pass(10);
    }
    expect(started[0]).toBe(begin);
    for (const time of started) {
      expect(started.filter((other) => other >= time && other < time + 1_000).length).toBeLessThanOrEqual(2);
    }
    expect(conntrack.runs.filter((run) => run === 'list').length).toBeGreaterThanOrEqual(9);
    await clock.pass(1_000);
    expect(conntrack.flows.filter(({ reply }) => reply.src === '10.244.0.2')).toEqual([]);
    expect(clock.waiting).toBe(0);
  });

  it('a slow conntrack rests for as long as it ran', async () => {
    const { clock, conntrack, cleaner, reports } = setUp();
    conntrack.onRun = () => new Promise((resolve) => void clock.after(3_000, resolve));
    cleaner.changed([replaced]);
    await clock.pass(3_000);
    cleaner.changed([replaced]);
    await clock.pass(2_999);
    expect(conntrack.runs).toHaveLength(1);
    await clock.pass(1);
    expect(conntrack.runs).toHaveLength(2);
    expect(reports).toMatchObject([{ ms: 3_000 }]);
  });
});

describe('while a run is under way', () => {
  it('news are seen to by the next one', async () => {
    const { clock, conntrack, cleaner } = setUp();
    conntrack.flows = [toOne, toTwo];
    conntrack.onRun = () => {
      conntrack.onRun = () => undefined;
      cleaner.changed([{ before: dns(two), after: dns() }]);
    };
    cleaner.changed([replaced]);
    await clock.pass(1_000);
    expect(conntrack.runs).toEqual(['list', 'load', 'list', 'load']);
    expect(conntrack.flows).toEqual([]);
  });

  it('an endpoint that is added is known when the run fails', async () => {
    const { clock, conntrack, cleaner } = setUp();
    conntrack.flows = [toOne, toTwo];
    conntrack.failures.push(new ConntrackTimeoutError(1));
    conntrack.onRun = () => {
      conntrack.onRun = () => undefined;
      cleaner.changed([{ before: dns(two), after: dns(one, two) }]);
    };
    cleaner.changed([replaced]);
    await clock.pass(10_000);
    expect(conntrack.flows).toEqual([toOne, toTwo]);
  });

  it('stopping ends it', async () => {
    const { clock, conntrack, cleaner, reports } = setUp();
    conntrack.onRun = (signal) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    cleaner.changed([replaced]);
    await clock.pass(0);
    await cleaner.stop();
    cleaner.changed([replaced]);
    await clock.pass(100_000);
    expect(conntrack.runs).toEqual(['list']);
    expect(reports).toEqual([]);
  });
});

describe('when conntrack fails', () => {
  it('nothing is lost, the pauses grow, and the same error is news once', async () => {
    const { clock, conntrack, cleaner, reports } = setUp();
    conntrack.flows = [toOne];
    const started: number[] = [];
    conntrack.onRun = () => void started.push(clock.now());
    conntrack.failures.push(...Array.from({ length: 8 }, () => new ConntrackMissingError('conntrack')));
    cleaner.changed([replaced]);
    await clock.pass(1_000_000);
    const pauses = started.slice(1).map((time, index) => time - (started[index] ?? 0));
    expect(pauses.slice(0, 8)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(reports.map(({ isRepeated }) => isRepeated)).toEqual([false, ...Array<boolean>(7).fill(true), false]);
    expect(reports[0]).toMatchObject({ error: { code: 'CONNTRACK_MISSING' }, pending: 1 });
    expect(reports.at(-1)).toMatchObject({ removed: 1, pending: 0 });
    expect(conntrack.flows).toEqual([]);
  });

  it('what changed meanwhile is part of the next run, in its newest state', async () => {
    const { clock, conntrack, cleaner } = setUp();
    conntrack.flows = [toOne, toTwo];
    conntrack.failures.push(new ConntrackTimeoutError(1));
    cleaner.changed([replaced]);
    await clock.pass(0);
    cleaner.changed([{ before: dns(two), after: dns(one) }]);
    await clock.pass(1_000);
    expect(conntrack.flows).toEqual([toOne]);
  });

  it('a removal that failed is made up for', async () => {
    const { clock, conntrack, cleaner } = setUp();
    conntrack.flows = [toOne];
    conntrack.failures.push(undefined, new ConntrackTimeoutError(1));
    cleaner.changed([replaced]);
    await clock.pass(1_000);
    expect(conntrack.flows).toEqual([]);
  });

  it('whoever is told of it cannot do harm', async () => {
    const { clock, conntrack, cleaner } = setUp({
      onReport: () => {
        throw new Error('deaf');
      },
    });
    cleaner.changed([replaced]);
    await clock.pass(0);
    cleaner.changed([replaced]);
    await clock.pass(1_000);
    expect(conntrack.runs).toEqual(['list', 'list']);
  });
});

describe('at a start', () => {
  const range = parseCidr('10.96.0.0/16')!;

  it('everything is looked at, once', async () => {
    const { clock, conntrack, cleaner } = setUp();
    const forgotten = flow('UDP 10.0.0.1:9 > 10.96.0.77:53 = 10.244.0.1:5353');
    conntrack.flows = [toOne, toTwo, elsewhere, forgotten];
    cleaner.started([dns(two)], [range]);
    await clock.pass(0);
    expect(conntrack.flows).toEqual([toTwo, elsewhere]);
    conntrack.flows.push(forgotten);
    cleaner.changed([replaced]);
    await clock.pass(10_000);
    expect(conntrack.flows).toContain(forgotten);
  });

  it('ranges are asked for again when the table is loaded again while a run is under way', async () => {
    const { clock, conntrack, cleaner } = setUp();
    conntrack.onRun = () => {
      conntrack.onRun = () => undefined;
      cleaner.started([dns(two)], [range]);
    };
    cleaner.started([dns(two)], [range]);
    await clock.pass(0);
    const forgotten = flow('UDP 10.0.0.1:9 > 10.96.0.77:53 = 10.244.0.1:5353');
    conntrack.flows = [forgotten];
    await clock.pass(10_000);
    expect(conntrack.flows).toEqual([]);
  });

  it('too many frontends for memory leave no healthy flow to be taken for a forgotten one', async () => {
    const { clock, conntrack, cleaner } = setUp();
    const plans = Array.from({ length: 70_000 }, (_, index) =>
      planOf(`s${String(index)}`, {
        clusterIP: `10.${String(96 + (index >> 16))}.${String((index >> 8) & 255)}.${String(index & 255)}`,
        port: 53,
        endpoints: [one],
      }),
    );
    conntrack.flows = [flow('UDP 10.0.0.1:9 > 10.96.0.1:53 = 10.244.0.1:5353')];
    cleaner.started(plans, [range]);
    await clock.pass(0);
    expect(conntrack.flows).toHaveLength(1);
  }, 60_000);
});

it('after a time without NAT, handshakes that were not redirected go too', async () => {
  const { clock, conntrack, cleaner } = setUp();
  const web = planOf('web', { protocol: 'TCP', clusterIP: '10.96.0.30', port: 80, endpoints: ['10.244.0.1:8080'] });
  const established = flow('TCP 10.0.0.1:8 > 10.96.0.30:80 = 10.244.0.9:8080', 'ESTABLISHED');
  conntrack.flows = [established, flow('TCP 10.0.0.1:9 > 10.96.0.30:80 = 10.96.0.30:80', 'SYN_SENT'), toOne];
  cleaner.interrupted([web, dns(two)]);
  await clock.pass(0);
  expect(conntrack.flows).toEqual([established]);
});
