import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLab, socketAddress, type AgentProtocol, type Lab, type Outcome, type Try } from './index.js';

const pods = { local: ['10.244.1.13', 'fd00:10:244:1::13'], remote: ['10.244.2.12', 'fd00:10:244:2::12'] };
const machines = ['client', 'node-a', 'node-b', '10.244.1.11', '10.244.2.14'];

/** A hand-written proxy of one service: a random endpoint, masquerade, a refused port and a dropped one. */
const ruleset = `
table inet lab {
  chain prerouting { type nat hook prerouting priority -100; jump services; }
  chain output { type nat hook output priority -100; jump services; }
  chain services {
    meta nfproto ipv4 ip daddr 10.96.0.1 meta l4proto { tcp, udp } th dport 80 dnat ip to 10.244.1.13:8080
    ip daddr 10.96.0.2 meta l4proto { tcp, udp } th dport 80 meta mark set 0x4000 dnat ip to 10.244.2.12:8080
    ip daddr 10.96.0.3 sctp dport 9000 meta mark set 0x4000 dnat ip to 10.244.1.13:9000
    ip6 daddr fd00:10:96::1 meta l4proto { tcp, udp } th dport 80 dnat ip6 to [fd00:10:244:1::13]:8080
    ip6 daddr fd00:10:96::2 meta l4proto { tcp, udp } th dport 80 meta mark set 0x4000 dnat ip6 to [fd00:10:244:2::12]:8080
  }
  chain refuse {
    ip daddr { 10.96.0.1, 10.96.0.2, 10.96.0.3 } reject
    ip6 daddr { fd00:10:96::1, fd00:10:96::2 } reject
    ip daddr 10.96.0.66 drop
    ip6 daddr fd00:10:96::66 drop
  }
  chain forward { type filter hook forward priority 0; ct state new jump refuse; }
  chain local { type filter hook output priority 0; ct state new jump refuse; }
  chain postrouting { type nat hook postrouting priority 100; meta mark 0x4000 masquerade fully-random; }
}
`;

let lab: Lab;
beforeAll(async () => {
  lab = await createLab();
  await lab.nft(ruleset);
  const everyone = [...pods.local, ...pods.remote, '192.168.10.1', 'fd00:192::1', '203.0.113.9', '2001:db8:1::9'];
  await lab.serve(
    everyone.flatMap((address) => (['TCP', 'UDP'] as const).map((protocol) => ({ address, port: 8080, protocol }))),
  );
});
afterAll(async () => lab.close());

async function probe(from: string, address: string, port: number, protocol: AgentProtocol, tries = 3) {
  return lab.probe(from, { address, port, protocol, tries, timeoutMs: 10_000 });
}

function outcomes(tries: readonly Try[]): Outcome[] {
  return [...new Set(tries.map(({ outcome }) => outcome))];
}

describe('plain routing', () => {
  const places = [...pods.local, ...pods.remote, '192.168.10.1', 'fd00:192::1', '203.0.113.9', '2001:db8:1::9'];
  test.each(machines)('%s reaches pods, the node and the world, and is seen as itself', async (from) => {
    for (const address of places) {
      for (const protocol of ['TCP', 'UDP'] as const) {
        const { tries } = await probe(from, address, 8080, protocol, 1);
        const answer = tries[0]?.answer;
        expect(tries[0]?.outcome, `${from} to ${address} ${protocol}`).toBe('answered');
        expect(answer).toMatchObject({ address, port: 8080 });
        expect({ address: answer?.peerAddress, port: answer?.peerPort }).toEqual(tries[0]?.local);
      }
    }
  });

  test('the client can use its other addresses', async () => {
    const { tries } = await lab.probe('client', {
      ...{ address: '10.244.2.12', port: 8080, protocol: 'TCP', tries: 2, timeoutMs: 10_000, source: '198.51.100.50' },
    });
    expect(tries.map(({ answer }) => answer?.peerAddress)).toEqual(['198.51.100.50', '198.51.100.50']);
  });

  test('a closed port is refused by a reset, or by ICMP for a datagram', async () => {
    const tcp = await probe('client', '10.244.1.13', 8081, 'TCP', 20);
    expect([outcomes(tcp.tries), tcp.icmpErrors]).toEqual([['refused'], 0]);
    for (const address of pods.local) {
      const udp = await probe('client', address, 8081, 'UDP', 20);
      expect([outcomes(udp.tries), udp.icmpErrors]).toEqual([['refused'], 20]);
    }
  });
});

describe.each(['TCP', 'UDP'] as const)('translation of %s', (protocol) => {
  test.each(['client', 'node-a', '10.244.1.11'])('from %s, the endpoint and the source show', async (from) => {
    for (const [address, endpoint, kept] of [
      ['10.96.0.1', '10.244.1.13:8080', true],
      ['10.96.0.2', '10.244.2.12:8080', false],
      ['fd00:10:96::1', '[fd00:10:244:1::13]:8080', true],
      ['fd00:10:96::2', '[fd00:10:244:2::12]:8080', false],
    ] as const) {
      const { tries } = await probe(from, address, 80, protocol);
      for (const { answer, local } of tries) {
        expect(socketAddress(answer?.address ?? '', answer?.port ?? 0), `${from} to ${address}`).toBe(endpoint);
        const same = answer?.peerAddress === local?.address && answer?.peerPort === local?.port;
        expect(same, `${JSON.stringify(answer)} ${JSON.stringify(local)}`).toBe(kept);
      }
    }
  });

  test.each(['client', 'node-a', '10.244.1.11'])(
    'from %s, reject is an ICMP error and drop is silence',
    async (from) => {
      for (const network of ['10.96.0.', 'fd00:10:96::']) {
        const rejected = await probe(from, `${network}1`, 81, protocol, 12);
        expect(outcomes(rejected.tries)).toEqual(['refused']);
        expect(rejected.icmpErrors).toBeGreaterThanOrEqual(12);
        const request = { address: `${network}66`, port: 80, protocol, tries: 2, timeoutMs: 300 };
        const dropped = await lab.probe(from, request);
        expect([outcomes(dropped.tries), dropped.icmpErrors]).toEqual([['silent'], 0]);
      }
    },
  );
});

test('SCTP goes through translation, masquerade and reject', async () => {
  await lab.serve([{ address: '10.244.1.13', port: 9000, protocol: 'SCTP' }]);
  for (const from of ['client', 'node-a', '10.244.1.11']) {
    const good = await lab.rawProbe(from, 'SCTP', { address: '10.96.0.3', port: 9000, tries: 2, timeoutMs: 10_000 });
    expect(good.tries.map(({ outcome, answer }) => [outcome, answer?.address, answer?.port])).toEqual([
      ['answered', '10.244.1.13', 9000],
      ['answered', '10.244.1.13', 9000],
    ]);
    expect(good.tries[0]?.answer?.peerAddress).not.toBe(from === 'node-a' ? '' : good.tries[0]?.local?.address);
    const bad = await lab.rawProbe(from, 'SCTP', { address: '10.96.0.3', port: 9001, tries: 2, timeoutMs: 10_000 });
    expect(outcomes(bad.tries)).toEqual(['refused']);
  }
});

test('pings show who answers and who refuses', async () => {
  const ping = async (address: string) =>
    outcomes((await lab.rawProbe('client', 'ICMP', { address, port: 0, tries: 2, timeoutMs: 500 })).tries);
  expect(await ping('192.168.10.1')).toEqual(['answered']);
  expect(await ping('fd00:10:244:1::13')).toEqual(['answered']);
  expect(await ping('10.96.0.1')).toEqual(['refused']);
  expect(await ping('fd00:10:96::1')).toEqual(['refused']);
  expect(await ping('10.96.0.66')).toEqual(['silent']);
});

test.each(['TCP', 'UDP'] as const)('a %s flow keeps its port and its translation', async (protocol) => {
  const request = { flow: `kept ${protocol}`, address: '10.96.0.1', port: 80, protocol, timeoutMs: 10_000 };
  const first = await lab.flow('client', request);
  const second = await lab.flow('client', request);
  expect(first.outcome).toBe('answered');
  expect(second).toEqual(first);
  expect((await lab.conntrack.list(['-p', protocol.toLowerCase()])).join('\n')).toContain(
    `sport=${first.local!.port} `,
  );
  await lab.conntrack.flush();
  await lab.closeFlows();
});

test('a load counts what became of its connections', async () => {
  const target = { address: '10.96.0.1', port: 80 };
  const load = { targets: [target], connections: 3000, concurrency: 64, timeoutMs: 10_000 };
  const good = await (await lab.load('client', load)).done;
  expect(good).toMatchObject({ attempted: 3000, failed: 0, answeredBy: { '10.244.1.13:8080': 3000 } });
  const bad = await (await lab.load('client', { ...load, targets: [{ address: '10.96.0.1', port: 81 }] })).done;
  expect(bad).toMatchObject({ attempted: 3000, failed: 3000, failures: { ECONNREFUSED: 3000 } });
  const long = await lab.load('client', { ...load, connections: 60_000 });
  await long.stop();
  expect((await long.done).attempted).toBeLessThan(60_000);
});

test('pods with interfaces of their own, and a node without IPv6', async () => {
  const routed = await createLab({ podAttachment: 'routed', families: ['IPv4'] });
  try {
    await routed.serve([{ address: '10.244.1.13', port: 8080, protocol: 'TCP' }]);
    for (const from of machines) {
      const { tries } = await routed.probe(from, {
        ...{ address: '10.244.1.13', port: 8080, protocol: 'TCP', tries: 1, timeoutMs: 10_000 },
      });
      expect(outcomes(tries), from).toEqual(['answered']);
    }
    const links = await routed.exec('node-a', ['ip', '-o', 'link', 'show', 'pod13']);
    expect(links.stdout).not.toContain('master');
    const interfaces = await routed.exec('node-a', [
      'sh',
      '-c',
      'cat /proc/net/if_inet6 /proc/sys/net/ipv6/conf/all/disable_ipv6',
    ]);
    expect(interfaces.stdout.trim()).toBe('1');
  } finally {
    await routed.close();
  }
});

test('nothing of a closed lab is left', async () => {
  const other = await createLab();
  await other.serve([{ address: '10.244.1.13', port: 8080, protocol: 'TCP' }]);
  const pids = ['node-a', 'client', '10.244.1.13'].map((place) => other.namespace(place).pid);
  await other.close();
  expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
});
