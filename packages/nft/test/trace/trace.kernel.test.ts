import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeNft } from '../../src/fake/index.js';
import { createTarget, listElements } from '../../src/run/index.js';
import { tracePacket } from '../../src/trace/index.js';
import { inFamily, prototype } from './prototype.js';
import type { Setting } from './prototype.js';
import { makeWire } from './wire.js';
import type { Wire } from './wire.js';

const node = '192.168.77.1';
const neighbours = ['10.244.0.50', '10.244.0.11', '10.244.0.12', '10.244.0.13', '192.168.50.7', '192.168.51.7'];

const journeys = [
  ...['10.244.0.50', '10.244.0.11', '192.168.50.7', node].map((from) => [from, '10.96.0.1', 80] as const),
  ...['192.168.50.7', '10.244.0.12', '192.168.51.7', '10.244.0.13'].map((from) => [from, '203.0.113.1', 80] as const),
  ...['192.168.50.7', '10.244.0.50', node].map((from) => [from, '203.0.113.2', 80] as const),
  ['192.168.50.7', node, 30_080],
  ...['192.168.50.7', '10.244.0.50'].map((from) => [from, node, 30_081] as const),
  [node, node, 30_080],
  [node, node, 30_089],
  ['192.168.50.7', node, 30_089],
  ['192.168.50.7', node, 30_090],
  ['10.244.0.50', '10.96.0.9', 80],
  [node, '10.96.0.9', 80],
  ['192.168.50.7', '203.0.113.9', 80],
  ['10.244.0.50', '10.96.0.1', 81],
  ['10.244.0.50', '10.96.5.5', 80],
  ['10.244.0.50', '198.51.100.1', 80],
] as const;

describe.each(['ip', 'ip6'] as const)('the kernel sends packets where the tracer says, over %s', (family) => {
  const setting: Setting = { family, protocol: 'udp' };
  const ip = (text: string): string => inFamily(setting, text);
  const fake = new FakeNft();
  let wire: Wire;

  beforeAll(async () => {
    wire = makeWire(family, ip(node), neighbours.map(ip));
    await fake.apply({ table: 'p', operations: prototype(setting) });
    await createTarget(wire.node.nft).apply({ table: 'p', operations: prototype(setting) });
  });

  afterAll(() => {
    wire.remove();
  });

  it.each(journeys)('%s to %s:%i', async (from, to, port) => {
    const arrives = from === node ? ({ kind: 'local' } as const) : ({ kind: 'interface', name: 'eth0' } as const);
    const packet = { protocol: 'udp', from: ip(from), to: ip(to), port, arrives } as const;
    const trace = tracePacket(fake, packet, { localAddresses: [ip(node)] });
    const seen = await wire.send(from === node ? 'node' : 'neighbour', ip(from), ip(to), port);

    const expected = trace.endpoints.map((endpoint) => `${endpoint.address} ${String(endpoint.port)}`);
    const stays = to === node && expected.length === 0;
    if (trace.verdict === 'accept' && !stays) expected.push(`${ip(to)} ${String(port)}`);
    // Packets to the node itself pass postrouting on their way to the loopback interface, whatever becomes of them there.
    const looped = from === node && stays ? [`${ip(to)} ${String(port)}`] : [];
    expect(seen.left).toEqual([...expected, ...looped].sort());
    expect(seen.delivered).toBe(stays && trace.verdict === 'accept');
    expect(seen.masqueraded).toBe(trace.masquerade !== false);
  });

  it('10.244.0.50 to a service with session affinity', async () => {
    const [from, to, port] = [ip('10.244.0.50'), ip('10.96.0.2'), 80];
    const arrives = { kind: 'interface', name: 'eth0' } as const;
    const trace = () => tracePacket(fake, { protocol: 'udp', from, to, port, arrives }, { localAddresses: [ip(node)] });
    const first = trace();
    const { left } = await wire.send('neighbour', from, to, port);
    const chosen = first.outcomes.find(
      ({ endpoint }) => left[0] === `${String(endpoint?.address)} ${String(endpoint?.port)}`,
    );
    expect(left).toHaveLength(1);
    for (const { table, set, key } of chosen?.updates ?? []) {
      await fake.apply({ table, operations: [{ op: 'add-elements', set, elements: [{ key }] }] });
      expect((await listElements(wire.node.nft, { table, set, kind: 'set' })).elements).toMatchObject([{ key }]);
    }
    expect(trace().outcomes).toMatchObject([{ share: 1, endpoint: chosen?.endpoint }]);
    expect((await wire.send('neighbour', from, to, port)).left).toEqual(left);
  });
});
