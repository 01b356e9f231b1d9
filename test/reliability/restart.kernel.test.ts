import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openConversations } from './conversations.js';
import { openServedNode } from './node.js';
import type { ServedNode, StartOptions } from './node.js';
import { reportRow, times } from './scorecard.js';

const pods = ['10.244.1.31', '10.244.1.32', '10.244.1.33'];
const targets = [
  { address: '10.96.0.10', port: 80, protocol: 'TCP' },
  { address: '10.96.0.11', port: 80, protocol: 'UDP' },
] as const;
const sticky = '10.96.0.12';

/**
 * What takes turns on the node. There is no older release yet: the other one is this one with another name for its layout,
 * and with settings that change the fixed part of the table.
 */
const previous = new URL('previous-release.mjs', import.meta.url).href;
const releases: readonly [StartOptions, StartOptions] = [
  {},
  { env: { NODE_OPTIONS: `--import=${previous}` }, flags: ['--iptables-masquerade-bit=15', '--masquerade-all'] },
];

let node: ServedNode;
beforeAll(async () => {
  node = await openServedNode(['IPv4']);
  await node.answer(pods);
  await node.serve([
    ...targets.map(({ address, protocol }) => ({
      name: `to-${protocol.toLowerCase()}`,
      clusterIP: address,
      protocol,
      endpoints: pods,
    })),
    { name: 'sticky', clusterIP: sticky, endpoints: pods, spec: { sessionAffinity: 'ClientIP' } },
    ...Array.from({ length: times(100, 200) }, (_, index) => ({
      name: `other-${String(index)}`,
      clusterIP: `10.96.1.${String(index + 1)}`,
      endpoints: pods,
    })),
  ]);
});
afterAll(() => node.close());

interface Endured {
  readonly lost: readonly string[];
  readonly attempted: number;
  readonly failed: number;
  /** Answers of other endpoints than the one that the client is to stay with. */
  readonly strays: number;
  /** Longest that one of the long-lived connections waited for an answer, in milliseconds. */
  readonly longestMs: number;
  /** Names of the layouts that were in the kernel. */
  readonly layouts: ReadonlySet<string>;
}

/** Ends the daemon and starts the other release so many times, under traffic. */
async function endure(restarts: number, between: () => Promise<void> = () => Promise.resolve()): Promise<Endured> {
  let daemon = await node.started(releases[0]);
  const layouts = new Set<string>();
  const noteLayout = async (): Promise<void> => {
    const { stdout } = await node.lab.exec('node-a', ['nft', 'list', 'ruleset']);
    for (const [name] of stdout.matchAll(/layout-\S+/g)) layouts.add(name);
  };
  try {
    await noteLayout();
    // A flow that nobody translates any more stays silent for ever; on a busy machine others may be silent for a while.
    const talk = await openConversations(node.lab, targets, { count: 20, mostUnanswered: 15 });
    const ask = async (flow: string): Promise<string | undefined> => {
      const request = { address: sticky, port: 80, protocol: 'TCP', flow, timeoutMs: 4_000 } as const;
      return (await node.lab.flow('client', request)).answer?.address;
    };
    const home = await ask('sticky');
    let strays = 0;
    const load = await node.lab.load('client', {
      targets: [{ address: '10.96.0.10', port: 80 }],
      connections: 1_000_000,
      concurrency: 8,
      pauseMs: 10,
      timeoutMs: 4_000,
    });
    for (let restart = 1; restart <= restarts; restart += 1) {
      await daemon.stop();
      await between();
      daemon = await node.started(releases[restart % 2]);
      await noteLayout();
      for (let count = 0; count < 5; count += 1) {
        if ((await ask(`sticky-${String(restart)}-${String(count)}`)) !== home) strays += 1;
      }
    }
    await load.stop();
    const { attempted, failed } = await load.done;
    return { lost: await talk.end(), attempted, failed, strays, longestMs: talk.longestMs(), layouts };
  } finally {
    await daemon.stop();
  }
}

describe('row 15: restarts, upgrades and downgrades under traffic', { timeout: 600_000, retry: 0 }, () => {
  it('lose no connection, fail none, and keep clients where they are', async () => {
    const n = times(4, 20);
    const { lost, attempted, failed, strays, longestMs, layouts } = await endure(n);
    reportRow({
      row: 15,
      case: `this release and one with another layout and other settings take turns, ${String(attempted)} new connections meanwhile`,
      n,
      passNumber: '0 of 20 long-lived connections lost, 0 new ones failed, session affinity kept',
      measured: `${String(lost.length)} lost, ${String(failed)} failed, ${String(strays)} of ${String(5 * n)} at another endpoint than before; the longest wait for an answer ${String(Math.round(longestMs))} ms`,
    });
    expect(layouts.size).toBe(2);
    expect(attempted).toBeGreaterThan(times(200, 2_000));
    expect({ lost, failed, strays }).toEqual({ lost: [], failed: 0, strays: 0 });
  });

  it('lose no connection, fail none: fails without leaving the rules in place', async () => {
    const { failed, lost } = await endure(1, async () => {
      const [program = '', ...args] = node.command('--cleanup');
      await node.lab.exec('node-a', [program, ...args]);
    });
    expect(failed + lost.length).toBeGreaterThan(0);
  });
});
