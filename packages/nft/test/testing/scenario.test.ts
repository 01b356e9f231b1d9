import { describe, expect, it } from 'vitest';
import { ScenarioError, TracedNode, node, playScenario, service, slice } from '../../src/testing.js';
import type { Scenario, ScenarioPacket } from '../../src/testing.js';

const pods = ['10.244.1.7:8080', '10.244.2.9:8080'];
const objects = [
  node({ name: 'node-a', zone: 'east', addresses: ['192.0.2.1', '2001:db8::1'], podCIDRs: ['10.244.1.0/24'] }),
  service({
    name: 'web',
    type: 'LoadBalancer',
    clusterIP: '10.96.0.80',
    ports: [{ port: 80, nodePort: 30_080 }],
    externalTrafficPolicy: 'Local',
    loadBalancerIPs: ['203.0.113.10'],
    loadBalancerSourceRanges: ['198.51.100.0/24'],
  }),
  slice({
    service: 'web',
    ports: [8080],
    endpoints: [
      { address: '10.244.1.7', nodeName: 'node-a' },
      { address: '10.244.2.9', nodeName: 'node-b' },
    ],
  }),
  service({ name: 'cart', clusterIP: '10.96.0.81', ports: [80], sessionAffinity: 'ClientIP' }),
  slice({ service: 'cart', ports: [8080], endpoints: ['10.244.1.7', '10.244.2.9'] }),
];
const pod = '10.244.1.5 on cni0';
const web = '10.96.0.80:80/tcp';

function playing(...packets: readonly ScenarioPacket[]) {
  return playScenario({ title: 'test', objects, packets });
}

describe('what is so', () => {
  it.each<ScenarioPacket>([
    { from: [pod, 'node'], to: web, by: pods },
    { from: pod, to: web, by: pods, source: 'kept' },
    { from: '10.244.9.9', to: web, by: pods, source: 'node' },
    { from: pod, to: '10.96.0.81:80/tcp', by: pods, same: true },
    { from: '198.51.100.7', to: '203.0.113.10:80/TCP', by: [pods[0] ?? ''], source: 'kept' },
    { from: '203.0.113.99', to: '203.0.113.10:80/tcp', expect: 'dropped' },
    { from: pod, to: '10.96.0.80:81/tcp', expect: 'rejected' },
    { from: pod, to: ['192.0.2.1:30081/tcp', '[2001:db8::9]:1/udp'].slice(0, 1), expect: 'untouched' },
    { from: '198.51.100.7', to: '192.0.2.1:30080/tcp', by: [pods[0] ?? ''] },
  ])('$from to $to', async (packet) => {
    expect(await playing(packet)).toEqual([]);
  });
});

describe('what is not so', () => {
  it.each<[ScenarioPacket, string]>([
    [{ from: pod, to: web, expect: 'rejected' }, 'expected rejected, the trace says answered'],
    [{ from: pod, to: web, by: [...pods, '10.244.3.1:8080'] }, 'the trace does not reach 10.244.3.1:8080'],
    [{ from: pod, to: web, by: pods.slice(1) }, 'the trace reaches 10.244.1.7:8080'],
    [{ from: pod, to: web, by: pods, source: 'node' }, 'the trace keeps the source to 10.244.1.7:8080'],
    [{ from: '10.244.9.9', to: web, by: pods, source: 'kept' }, 'the trace masquerades to 10.244.1.7:8080'],
    [{ from: pod, to: web, by: pods, same: true }, 'the trace does not stick'],
  ])('%j', async (packet, fault) => {
    const [failure, ...others] = await playing(packet);
    expect(others).toEqual([]);
    expect(failure?.fault).toContain(fault);
    expect(failure).toMatchObject({ step: 'at first', packet: `${pod} to ${web}`.replace(pod, String(packet.from)) });
    expect(failure?.trace).toContain('services4');
  });
});

it('plays steps one after the other, and says which one a failure is of', async () => {
  const [, , slices] = objects;
  const scenario: Scenario = {
    title: 'the endpoints go',
    node: 'node-a',
    objects,
    steps: [
      { packets: [{ from: pod, to: web, by: pods }] },
      { title: 'no slice', delete: ['EndpointSlice web-1'], packets: [{ from: pod, to: web, expect: 'rejected' }] },
      { objects: slices === undefined ? [] : [slices], packets: [{ from: pod, to: web, expect: 'dropped' }] },
    ],
  };
  expect(await playScenario(scenario)).toEqual([expect.objectContaining({ step: 'step 3' })]);
});

describe('a scenario that cannot be played says why', () => {
  const packet: ScenarioPacket = { from: pod, to: web, by: pods };
  it.each<[Partial<Scenario>, RegExp]>([
    [{}, /packets: missing/],
    [{ packets: [{ ...packet, to: '10.96.0.80' }] }, /10\.96\.0\.80 is not ADDRESS:PORT\/PROTOCOL/],
    [{ packets: [{ ...packet, from: 'pod' }] }, /pod is neither an address nor "node"/],
    [{ packets: [{ ...packet, to: '[fd00::1]:80/tcp' }] }, /two IP families/],
    [{ packets: [{ ...packet, expect: 'dropped' }] }, /either by or expect/],
    [{ steps: [{ delete: ['Service shop/none'], packets: [packet] }] }, /there is no Service shop\/none/],
    [{ objects: [], packets: [packet] }, /node: missing, and there is no Node among the objects/],
    [{ objects: [...objects, node({ name: 'b' })], packets: [packet] }, /there are Nodes node-a, b/],
    [{ node: { name: 'c' }, packets: [{ ...packet, from: 'node' }] }, /no address of this family/],
  ])('%j', async (parts, message) => {
    const played = playScenario({ title: 'test', objects, ...parts });
    await expect(played).rejects.toThrow(ScenarioError);
    await expect(played).rejects.toThrow(message);
  });
});

it('says what could not be used of the objects', async () => {
  const traced = new TracedNode({ name: 'node-a' });
  await traced.serve([service({ name: 'bad', clusterIP: '127.0.0.1', ports: [80] })]);
  expect(traced.diagnostics.map(({ code }) => code)).toEqual(['forbidden-address']);
});
