import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemPath } from '../daemon/process.js';
import { openServedNode, until } from './node.js';
import type { ServedNode, StartOptions } from './node.js';
import { reportRow, times } from './scorecard.js';

const pods = ['10.244.1.31', '10.244.1.32'] as const;
const udp = { address: '10.96.0.11', port: 80, protocol: 'UDP' } as const;
const tcp = { address: '10.96.0.10', port: 80, protocol: 'TCP' } as const;

let node: ServedNode;
beforeAll(async () => {
  node = await openServedNode(['IPv4']);
  await node.answer(pods);
});
afterAll(() => node.close());

/** Both Services have these endpoints; those that terminate finish what they have. */
async function serve(endpoints: readonly string[], terminating: readonly string[] = []): Promise<void> {
  await node.serve([
    { name: 'udp', clusterIP: udp.address, protocol: 'UDP', endpoints, terminating },
    { name: 'tcp', clusterIP: tcp.address, endpoints, terminating },
  ]);
}

/** Who answers; undefined if nobody does. */
async function ask(request: typeof udp | typeof tcp, flow: string): Promise<string | undefined> {
  return (await node.lab.flow('client', { ...request, flow, timeoutMs: 500 })).answer?.address;
}

let connections = 0;
/** Who answers a new connection. */
const fresh = (): Promise<string | undefined> => ask(tcp, `fresh-${String((connections += 1))}`);

const flowsTo = async (protocol: string, address: string): Promise<readonly string[]> =>
  node.lab.conntrack.list(['-p', protocol, '--orig-dst', address]);

async function withDaemon<T>(options: StartOptions, work: (log: () => string) => Promise<T>): Promise<T> {
  const daemon = await node.started(options);
  try {
    return await work(daemon.log);
  } finally {
    await daemon.stop();
  }
}

/** Until a client that always sends from the same port is where it should be, in milliseconds: undefined if it never is. */
async function moves(to: readonly string[], flow: string): Promise<number | undefined> {
  await serve(to);
  const began = performance.now();
  while (performance.now() < began + 5_000) {
    const answerer = await ask(udp, flow);
    const stale = (await flowsTo('udp', udp.address)).filter((one) =>
      pods.some((pod) => !to.includes(pod) && one.includes(`src=${pod} `)),
    );
    const isThere = answerer === undefined ? to.length === 0 : to.includes(answerer);
    if (isThere && stale.length === 0) return performance.now() - began;
    await sleep(20);
  }
  return undefined;
}

describe('row 23: UDP flows whose endpoint is gone', { timeout: 600_000, retry: 0 }, () => {
  const cases = {
    'the endpoint was removed': { before: [pods[0]], after: [pods[1]] },
    'the Service was scaled to zero': { before: [pods[0]], after: [] },
    'the Service has endpoints again': { before: [], after: [pods[1]] },
  } as const;
  let flow = 0;

  it.each(Object.entries(cases))('%s: its client is where it should be', async (what, { before, after }) => {
    const tookMs = await withDaemon({}, async () => {
      const took: (number | undefined)[] = [];
      for (let count = 0; count < times(2, 50); count += 1) {
        const name = `udp-${String((flow += 1))}`;
        await moves(before, name);
        // Neither the next sync nor the next run of conntrack has to keep its distance to the last one.
        await sleep(2_000);
        took.push(await moves(after, name));
      }
      return took;
    });
    const measured = tookMs.filter((took) => took !== undefined);
    reportRow({
      row: 23,
      case: `${what}, with a client that goes on sending from its port; the time is that from the change of the objects, after a quiet second`,
      n: tookMs.length,
      passNumber: 'no stale entry after 1 s',
      measured: `${String(tookMs.length - measured.length)} left`,
      tookMs: measured,
    });
    expect(measured).toHaveLength(tookMs.length);
  });

  it('its client is where it should be: fails without the deletion of stale flows', async () => {
    await node.lab.conntrack.flush();
    await withDaemon({ without: ['flows'] }, async () => {
      await serve([pods[0]]);
      await until('new ones go there', async () => (await fresh()) === pods[0]);
      expect(await moves([pods[0]], 'kept')).toBeDefined();
      expect(await moves([pods[1]], 'kept')).toBeUndefined();
    });
  });
});

describe('row 23: TCP connections to endpoints that terminate', { timeout: 120_000, retry: 0 }, () => {
  it('go on, also where all entries of UDP go', async () => {
    await withDaemon({}, async () => {
      await serve([pods[0]]);
      await until('new ones go there', async () => (await fresh()) === pods[0]);
      const names = Array.from({ length: 20 }, (_, index) => `tcp-${String(index)}`);
      for (const name of names) expect(await ask(tcp, name)).toBe(pods[0]);
      await ask(udp, 'udp-terminating');
      await serve([pods[1]], [pods[0]]);
      await until('new ones go elsewhere', async () => (await fresh()) === pods[1]);
      await sleep(1_500);
      const answers = await Promise.all(names.map((name) => ask(tcp, name)));
      const kept = answers.filter((answer) => answer === pods[0]).length;
      reportRow({
        row: 23,
        case: 'TCP connections to an endpoint that terminates',
        n: names.length,
        passNumber: 'all go on',
        measured: `${String(kept)} go on`,
      });
      expect(kept).toBe(names.length);
    });
  });
});

describe('row 23: endpoints change all the time', { timeout: 120_000, retry: 0 }, () => {
  it('and conntrack is run at most twice a second', async () => {
    const folder = join(node.folder, 'counted');
    const log = join(node.folder, 'runs');
    await mkdir(folder);
    await writeFile(
      join(folder, 'conntrack'),
      `#!/bin/sh\ncase "$1" in *version*|-V) ;; *) date +%s%3N >>${log};; esac\nPATH=\${PATH#*:}\nexec conntrack "$@"\n`,
    );
    await chmod(join(folder, 'conntrack'), 0o755);
    await writeFile(log, '');
    await chmod(log, 0o666);
    const seconds = times(6, 60);
    const flags = ['--iptables-min-sync-period=100ms'];
    await withDaemon({ flags, env: { PATH: `${folder}:${systemPath}` } }, async () => {
      const end = performance.now() + seconds * 1_000;
      for (let count = 0; performance.now() < end; count += 1) {
        await serve([pods[count % 2] ?? pods[0]]);
        await ask(udp, `churn-${String(count % 5)}`);
        await sleep(50);
      }
    });
    const runs = (await readFile(log, 'utf8')).split('\n').filter(Boolean).map(Number);
    const length = ((runs.at(-1) ?? 0) - (runs[0] ?? 0)) / 1_000;
    reportRow({
      row: 23,
      case: `endpoints of UDP change 10 times a second for ${String(seconds)} s`,
      n: runs.length,
      passNumber: 'conntrack is run at most twice a second',
      measured: `${String(runs.length)} runs, two of them at the end of ${length.toFixed(1)} s`,
    });
    expect(runs.length).toBeGreaterThan(3);
    // A listing and a deletion begin each second; the last two begin the one that is not counted.
    expect(runs.length - 2).toBeLessThanOrEqual(2 * length);
  });
});

describe('row 23: connection tracking is nearly full', { timeout: 120_000, retry: 0 }, () => {
  const limit = 1_000;

  /** A daemon that is told of a smaller limit: the real one is the whole machine's. */
  const limited = async (options: StartOptions = {}): Promise<StartOptions> => {
    const file = join(node.folder, 'limit');
    await writeFile(file, `${String(limit)}\n`);
    const mount = 'mount --bind "$0" /proc/sys/net/netfilter/nf_conntrack_max && exec "$@"';
    return { ...options, through: ['unshare', '--mount', 'sh', '-c', mount, file] };
  };
  const fill = async (entries: number): Promise<void> => {
    await node.lab.conntrack.flush();
    const lines = Array.from(
      { length: entries },
      (_, index) => `-I -p udp -s 192.0.2.1 -d 192.0.2.2 --sport ${String(1_000 + index)} --dport 9 -t 600\n`,
    );
    const file = join(node.folder, 'flows');
    await writeFile(file, lines.join(''));
    await node.lab.exec('node-a', ['conntrack', '--load-file', file]);
  };

  it('and this is said, and said to be over', async () => {
    await withDaemon(await limited(), async (log) => {
      await fill(850);
      await sleep(times(1_000, 11_000));
      expect(log()).not.toContain('connection tracking is nearly full');
      await fill(950);
      const began = performance.now();
      await until('it is said', () => log().includes('connection tracking is nearly full'));
      const tookMs = [performance.now() - began];
      await node.lab.conntrack.flush();
      await until('it is over', () => log().includes('connection tracking has room again'));
      reportRow({
        row: 23,
        case: 'connection tracking is 95 % full',
        n: 1,
        passNumber: 'a warning within 10 s',
        measured: 'said, and said to be over',
        tookMs,
      });
    });
  });

  it('and this is said: fails without the alarm', async () => {
    await withDaemon(await limited({ without: ['alarm'] }), async (log) => {
      await fill(950);
      await sleep(10_000);
      expect(log()).not.toContain('connection tracking is nearly full');
      await node.lab.conntrack.flush();
    });
  });
});
