import { beforeEach, describe, expect, it } from 'vitest';
import { FakeNft } from '../../src/fake/index.js';
import { TraceError, tracePacket } from '../../src/trace/index.js';
import type { Packet, Trace } from '../../src/trace/index.js';
import { backends, inFamily, markBit, prototype } from './prototype.js';
import type { Setting } from './prototype.js';

const settings: readonly Setting[] = [
  { family: 'ip', protocol: 'tcp' },
  { family: 'ip6', protocol: 'udp' },
];

const pod = '10.244.0.50';
const world = '192.168.50.7';
const node = '192.168.77.1';
const eth0 = { kind: 'interface', name: 'eth0' } as const;

describe.each(settings)('a packet of $protocol over $family', (setting) => {
  const fake = new FakeNft();
  const ip = (text: string): string => inFamily(setting, text);
  const endpoint = (index: 0 | 1 | 2) => ({ address: ip(backends[index][0]), port: backends[index][1] });
  const thirds = ([0, 1, 2] as const).map((index) => ({ ...endpoint(index), share: expect.closeTo(1 / 3) as number }));

  beforeEach(async () => {
    await fake.apply({ table: 'p', operations: [{ op: 'add-table' }, { op: 'delete-table' }, ...prototype(setting)] });
  });

  const trace = (from: string, to: string, port: number, more: Partial<Packet> = {}): Trace => {
    const arrives = from === node ? ({ kind: 'local' } as const) : eth0;
    const packet: Packet = {
      protocol: setting.protocol,
      from: ip(from),
      sourcePort: 41_000,
      to: ip(to),
      port,
      arrives,
      ...more,
    };
    return tracePacket(fake, packet, { localAddresses: [ip(node)] });
  };

  it('from a pod to a cluster IP takes any endpoint, as it is', () => {
    expect(trace(pod, '10.96.0.1', 80)).toMatchObject({ verdict: 'dnat', endpoints: thirds, masquerade: false });
  });

  it('from a pod to its own service is masqueraded where it comes back to the pod', () => {
    const { outcomes, masquerade } = trace(backends[0][0], '10.96.0.1', 80);
    expect(masquerade).toBe('mixed');
    expect(outcomes.map((outcome) => [outcome.endpoint, outcome.masquerade])).toEqual([
      [endpoint(0), true],
      [endpoint(1), false],
      [endpoint(2), false],
    ]);
  });

  it('from outside of the pod range to a cluster IP is masqueraded, and its mark taken back', () => {
    const seen = trace(world, '10.96.0.1', 80, { mark: 1 });
    expect(seen).toMatchObject({ verdict: 'dnat', endpoints: thirds, masquerade: true });
    expect(seen.outcomes.map(({ mark }) => mark)).toEqual([1, 1, 1]);
  });

  it('from the node to a cluster IP is masqueraded', () => {
    expect(trace(node, '10.96.0.1', 80)).toMatchObject({ verdict: 'dnat', endpoints: thirds, masquerade: true });
  });

  it('to a load balancer takes any endpoint, if its source is allowed', () => {
    expect(trace(world, '203.0.113.1', 80)).toMatchObject({ verdict: 'dnat', endpoints: thirds, masquerade: true });
    expect(trace('10.244.0.12', '203.0.113.1', 80)).toMatchObject({ verdict: 'dnat', endpoints: thirds });
    expect(trace('192.168.51.7', '203.0.113.1', 80)).toMatchObject({
      verdict: 'drop',
      endpoints: [],
      masquerade: false,
    });
    expect(trace('10.244.0.13', '203.0.113.1', 80)).toMatchObject({ verdict: 'drop' });
  });

  it('with traffic policy Local takes a local endpoint from outside, any one from inside', () => {
    expect(trace(world, '203.0.113.2', 80)).toMatchObject({
      endpoints: [{ ...endpoint(0), share: 1 }],
      masquerade: false,
    });
    expect(trace(pod, '203.0.113.2', 80)).toMatchObject({ endpoints: thirds, masquerade: false });
    expect(trace(node, '203.0.113.2', 80)).toMatchObject({ endpoints: thirds, masquerade: true });
  });

  it('to a node port of either policy', () => {
    expect(trace(world, node, 30_080)).toMatchObject({ endpoints: thirds, masquerade: true });
    expect(trace(world, node, 30_081)).toMatchObject({ endpoints: [{ ...endpoint(0), share: 1 }], masquerade: false });
    expect(trace(pod, node, 30_081)).toMatchObject({ endpoints: thirds, masquerade: false });
    expect(trace(world, node, 22)).toMatchObject({ verdict: 'accept', endpoints: [] });
  });

  it('to a frontend without endpoints is rejected or dropped', () => {
    expect(trace(pod, '10.96.0.9', 80)).toMatchObject({ verdict: 'reject' });
    expect(trace(world, '203.0.113.9', 80)).toMatchObject({ verdict: 'drop' });
    expect(trace(world, node, 30_089)).toMatchObject({ verdict: 'reject' });
    expect(trace(node, '10.96.0.9', 80)).toMatchObject({ verdict: 'reject' });
  });

  it('from the node to its own port without endpoints is rejected when loopback brings it back', () => {
    const { verdict, steps } = trace(node, node, 30_089);
    expect(verdict).toBe('reject');
    expect(steps.at(-1)).toMatchObject({ hook: 'input', chain: 'reject-chain' });
  });

  it('to another port of a cluster IP, or to an address without service', () => {
    expect(trace(pod, '10.96.0.1', 81)).toMatchObject({ verdict: 'reject' });
    expect(trace(pod, '10.96.5.5', 80)).toMatchObject({ verdict: 'drop' });
    expect(trace(pod, '198.51.100.1', 80)).toMatchObject({ verdict: 'accept', masquerade: false });
  });

  it('of another protocol finds no frontend', () => {
    expect(trace(pod, '10.96.0.1', 80, { protocol: 'sctp' })).toMatchObject({ verdict: 'reject' });
  });

  it('of a known connection is left to conntrack', () => {
    expect(trace(pod, '10.96.0.1', 80, { established: true })).toMatchObject({ verdict: 'accept', masquerade: false });
    expect(trace(pod, '10.96.0.9', 80, { established: true })).toMatchObject({ verdict: 'accept' });
  });

  it('keeps to the endpoint that remembers its client', async () => {
    const first = trace(pod, '10.96.0.2', 80);
    expect(first.endpoints.map(({ share }) => share)).toEqual([0.5, 0.5]);
    const { updates, endpoint: chosen } = first.outcomes[1] ?? {};
    expect(updates).toEqual([{ table: 'p', set: 'affinity-1', key: [ip(pod)] }]);
    for (const { table, set, key } of updates ?? []) {
      await fake.apply({ table, operations: [{ op: 'add-elements', set, elements: [{ key }] }] });
    }
    expect(trace(pod, '10.96.0.2', 80).outcomes).toMatchObject([{ share: 1, endpoint: chosen, updates }]);
    expect(trace('10.244.0.51', '10.96.0.2', 80).endpoints).toHaveLength(2);
  });

  it('falls through to slot 0 where a slot is missing', async () => {
    const elements = [{ key: [ip('10.96.0.1'), 80, 2] }];
    await fake.apply({ table: 'p', operations: [{ op: 'delete-elements', set: 'endpoints', elements }] });
    const { endpoints } = trace(pod, '10.96.0.1', 80);
    expect(endpoints.map(({ share }) => share)).toEqual([expect.closeTo(2 / 3), expect.closeTo(1 / 3)]);
  });

  it('goes different ways where slot 0 is missing too', async () => {
    const elements = [{ key: [ip('10.96.0.1'), 80, 2] }, { key: [ip('10.96.0.1'), 80, 0] }];
    await fake.apply({ table: 'p', operations: [{ op: 'delete-elements', set: 'endpoints', elements }] });
    const { verdict, outcomes } = trace(pod, '10.96.0.1', 80);
    expect(verdict).toBe('mixed');
    expect(outcomes.map((outcome) => [outcome.verdict, outcome.share])).toEqual([
      ['dnat', expect.closeTo(1 / 3)],
      ['reject', expect.closeTo(2 / 3)],
    ]);
  });

  it('is decided by the first of two tables that knows it', async () => {
    await fake.apply({ table: 'q', operations: prototype(setting) });
    const elements = ([0, 1, 2] as const).map((slot) => ({ key: [ip('10.96.0.1'), 80, slot] }));
    const moved = elements.map(({ key }) => ({ key, value: [ip('10.244.9.9'), 9] }));
    const replace = [
      { op: 'delete-elements', set: 'endpoints', elements },
      { op: 'add-elements', set: 'endpoints', elements: moved },
    ] as const;
    await fake.apply({ table: 'q', operations: replace });
    expect(trace(pod, '10.96.0.1', 80).endpoints).toEqual(thirds);
    await fake.apply({ table: 'q', operations: [{ op: 'delete-table' }] });
    await fake.apply({ table: 'p', operations: replace });
    expect(trace(pod, '10.96.0.1', 80).endpoints).toEqual([
      { address: ip('10.244.9.9'), port: 9, share: expect.closeTo(1) },
    ]);
  });

  it('shows the mark that decides about masquerading', () => {
    expect(trace(pod, '198.51.100.1', 80, { mark: markBit })).toMatchObject({
      masquerade: true,
      outcomes: [{ verdict: 'accept', mark: 0 }],
    });
  });
});

it('refuses packets that cannot be', () => {
  const packet: Packet = { protocol: 'tcp', from: '10.0.0.1', to: '10.0.0.2', port: 80, arrives: eth0 };
  const trace = (odd: Partial<Packet>) => () =>
    tracePacket(new FakeNft(), { ...packet, ...odd }, { localAddresses: [] });
  expect(trace({})().verdict).toBe('accept');
  for (const odd of [{ from: 'x' }, { to: '10.1' }, { to: 'fd00::1' }, { port: 65_536 }, { sourcePort: -1 }]) {
    expect(trace(odd)).toThrow(TraceError);
  }
});
