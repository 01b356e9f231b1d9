import { tableNames } from '@nftproxier/nft';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonProcess } from '../daemon/process.js';
import { openConversations } from './conversations.js';
import { openServedNode, until } from './node.js';
import type { ServedNode, StartOptions } from './node.js';
import { reportRow, times } from './scorecard.js';

const pods = ['10.244.1.31', '10.244.1.32'];
const pods6 = ['fd00:10:244:1::31', 'fd00:10:244:1::32'];

describe.each([
  { title: 'with IPv6', families: ['IPv4', 'IPv6'] },
  { title: 'without IPv6', families: ['IPv4'] },
] as const)('row 11: the ruleset is flushed, $title', { timeout: 300_000, retry: 0 }, ({ title, families }) => {
  let node: ServedNode;
  const hasIPv6 = families.length === 2;
  const targets = [
    { address: '10.96.0.10', port: 80, protocol: 'TCP' },
    { address: '10.96.0.11', port: 80, protocol: 'UDP' },
    ...(hasIPv6
      ? ([
          { address: 'fd00:10:96::10', port: 80, protocol: 'TCP' },
          { address: 'fd00:10:96::11', port: 80, protocol: 'UDP' },
        ] as const)
      : []),
  ] as const;

  beforeAll(async () => {
    node = await openServedNode(families);
    // What nobody translates gets no answer, as on most networks: a refusal would end an attempt before the rules are back.
    const silent = 'ip daddr 10.96.0.0/16 drop; ip6 daddr fd00:10:96::/112 drop;';
    await node.lab.exec('world', ['nft', '-f', '-'], {
      input: `table inet silent { chain c { type filter hook prerouting priority -300; ${silent} }; }\n`,
    });
    await node.answer([...pods, ...(hasIPv6 ? pods6 : [])]);
    await node.serve([
      ...targets.map(({ address, protocol }, index) => ({
        name: `served-${String(index)}`,
        clusterIP: address,
        protocol,
        endpoints: address.includes(':') ? pods6 : pods,
      })),
      ...Array.from({ length: 196 }, (_, index) => ({
        name: `other-${String(index)}`,
        clusterIP: `10.96.1.${String(index + 1)}`,
        endpoints: pods,
      })),
    ]);
  });
  afterAll(() => node.close());

  const isServing = async (): Promise<boolean> => {
    const { exitCode, stdout } = await node.lab.exec('node-a', ['nft', '-j', 'list', 'chains', 'inet'], {
      allowFailure: true,
    });
    return (
      exitCode === 0 && tableNames.some((name) => stdout.includes(`"table": "${name}"`) && stdout.includes('"nat"'))
    );
  };

  /** Starts a daemon, and ends it whatever happens. */
  async function withDaemon<T>(options: StartOptions, work: (daemon: DaemonProcess) => Promise<T>): Promise<T> {
    const daemon = await node.started(options);
    try {
      return await work(daemon);
    } finally {
      await daemon.stop();
    }
  }

  /** Flushes some times under traffic, and says what was lost. */
  const flushed = (count: number, script: string, options: StartOptions = {}) =>
    withDaemon(options, async (daemon) => {
      const loads = (): number => daemon.log().split('milliseconds=').length;
      const talk = await openConversations(node.lab, targets, { count: 20 });
      const request = { targets: targets.filter(({ protocol }) => protocol === 'TCP'), timeoutMs: 4_000, pauseMs: 5 };
      const load = await node.lab.load('client', { ...request, connections: 1_000_000, concurrency: 16 });
      const tookMs: number[] = [];
      for (let done = 0; done < count; done += 1) {
        const before = loads();
        const began = performance.now();
        await node.lab.nft(script);
        await until('the rules are back', () => loads() > before);
        tookMs.push(performance.now() - began);
        await pause(500);
      }
      await load.stop();
      const meanwhile = await load.done;
      const after = await (await node.lab.load('client', { ...request, connections: 200, concurrency: 16 })).done;
      const lost = await talk.end();
      expect(await isServing()).toBe(true);
      return { lost, tookMs, meanwhile, after };
    });

  const scripts = {
    'nft flush ruleset': 'flush ruleset\n',
    'a firewall reload':
      'flush ruleset\ntable inet filter { chain input { type filter hook input priority 0; policy accept; }; }\n',
  } as const;

  it.each(Object.entries(scripts))('%s under traffic breaks no connection', async (name, script) => {
    const n = times(3, 50);
    const { lost, tookMs, meanwhile, after } = await flushed(n, script);
    const hung = meanwhile.failures['timeout'] ?? 0;
    reportRow({
      row: 11,
      case: `${name}, 200 Services, ${title}`,
      n,
      passNumber: 'rules back within 60 ms, 0 long-lived connections lost, 0 new ones hang or fail afterwards',
      measured: `${String(lost.length)} of 20 lost, ${String(hung)} of ${String(meanwhile.attempted)} begun meanwhile hung, ${String(after.failed)} of ${String(after.attempted)} begun afterwards failed`,
      tookMs,
    });
    expect(lost).toEqual([]);
    // A connection begun while there were no rules may be refused when they are back. It must not hang.
    expect(meanwhile.attempted).toBeGreaterThanOrEqual(16);
    expect(hung).toBe(0);
    expect(after.failures).toEqual({});
  });

  /** What is lost while the rules stay away. */
  const away = (options: StartOptions) =>
    withDaemon({ ...options, without: ['listener', 'watch', ...(options.without ?? [])] }, async () => {
      const talk = await openConversations(node.lab, targets, { count: 20 });
      await node.lab.nft('flush ruleset\n');
      await pause(2_000);
      const isBack = await isServing();
      return { lost: await talk.end(), isBack };
    });

  it('open connections go on while the rules are away', async () => {
    const { lost } = await away({});
    reportRow({
      row: 11,
      case: `the rules stay away for 2 s, ${title}`,
      n: 20,
      passNumber: '0 long-lived connections lost',
      measured: `${String(lost.length)} of 20 lost`,
    });
    expect(lost).toEqual([]);
  });

  it('open connections go on while the rules are away: fails without the keeper', async () => {
    expect((await away({ without: ['keeper'] })).lost).toHaveLength(20);
  });

  it('the rules come back: fails without listening and watching', async () => {
    expect((await away({})).isBack).toBe(false);
  });

  it('new connections succeed: fails without the deletion of flows that began in between', async () => {
    const { meanwhile } = await flushed(1, 'flush ruleset\n', { without: ['flows'] });
    expect(meanwhile.failed).toBeGreaterThan(0);
  });
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
