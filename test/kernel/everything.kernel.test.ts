import { afterEach, expect, it } from 'vitest';
import { createLab } from '../lab/index.js';
import type { Lab } from '../lab/index.js';
import { startProxy } from '../proxy/kernel.js';
import type { KubernetesObject } from '../scenarios/format.js';
import { emptyWorld } from '../scenarios/world.js';
import { isFull, longTest } from './node.js';
import { random } from './random.js';

let lab: Lab | undefined;
afterEach(() => lab?.close());

const localPods = ['10.244.1.41', '10.244.1.42', '10.244.1.43'];
const pods = [...localPods, '10.244.2.41', '10.244.2.42'];

/** Every kind of frontend and policy, each with an address of its own. All are reached while everything changes. */
const kinds: readonly {
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly vip?: string;
}[] = [
  { name: 'plain', spec: {} },
  { name: 'node-port', spec: { type: 'NodePort' } },
  { name: 'balanced', spec: { type: 'LoadBalancer' }, vip: '203.0.113.2' },
  {
    name: 'local',
    spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' },
    vip: '203.0.113.3',
  },
  { name: 'sticky', spec: { type: 'LoadBalancer', sessionAffinity: 'ClientIP' }, vip: '203.0.113.4' },
  {
    name: 'ranged',
    spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ['192.168.10.0/24', '10.244.0.0/16'] },
    vip: '203.0.113.5',
  },
  { name: 'external', spec: { externalIPs: ['192.0.2.80'] } },
];

const clusterIP = (index: number): string => `10.96.20.${String(index)}`;
const nodePort = (index: number): number => 30_200 + index;

type Next = (limit: number) => number;

function objects(next: Next): readonly KubernetesObject[] {
  const served = kinds.flatMap((kind, index) => {
    const local = localPods.slice(0, 1 + next(localPods.length));
    const remote = pods.slice(localPods.length, localPods.length + next(3));
    const ranges = kind.name === 'ranged' ? [`198.51.${String(next(200))}.0/24`, '198.51.100.0/24'] : [];
    return serviceWithSlice(kind.name, index + 1, kind, [...local, ...remote], ranges);
  });
  const noise = Array.from({ length: 60 }, (_, index) => index).flatMap((index) => {
    if (next(4) === 0) return [];
    const spec = {
      sessionAffinity: next(3) === 0 ? 'ClientIP' : 'None',
      internalTrafficPolicy: next(3) === 0 ? 'Local' : 'Cluster',
    };
    return serviceWithSlice(
      `noise-${String(index)}`,
      100 + index,
      { name: '', spec },
      pods.slice(next(3), 1 + next(5)),
      [],
    );
  });
  return [...served, ...noise];
}

function serviceWithSlice(
  name: string,
  index: number,
  { spec, vip }: (typeof kinds)[number],
  endpoints: readonly string[],
  ranges: readonly string[],
): readonly KubernetesObject[] {
  const hasNodePort = spec['type'] !== undefined;
  const port = { name: 'p', port: 80, protocol: 'TCP', ...(hasNodePort && { nodePort: nodePort(index) }) };
  const known = (spec['loadBalancerSourceRanges'] as readonly string[] | undefined) ?? [];
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'test', name },
      spec: {
        clusterIP: clusterIP(index),
        ports: [port],
        ...spec,
        ...(known.length > 0 && { loadBalancerSourceRanges: [...known, ...ranges] }),
      },
      status: { loadBalancer: { ingress: vip === undefined ? [] : [{ ip: vip }] } },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'test', name: `${name}-a`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'p', port: 8080, protocol: 'TCP' }],
      endpoints: endpoints.map((address) => ({
        addresses: [address],
        nodeName: localPods.includes(address) ? 'node-a' : 'node-b',
      })),
    },
  ];
}

const changes = isFull ? 1_000 : 100;

it(
  `no connection fails while everything changes ${String(changes)} times, with every feature in use`,
  { timeout: longTest, retry: 0 },
  async () => {
    lab = await createLab();
    await lab.serve(pods.map((address) => ({ address, port: 8080, protocol: 'TCP' })));
    const next = random(3);
    const world = () => ({ node: emptyWorld.node, objects: objects(next) });
    const first = world();
    let proxy = await startProxy(lab, first);
    await proxy.apply(first);

    const fromOutside = kinds.flatMap(({ spec, vip }, index) => [
      ...(vip === undefined ? [] : [{ address: vip, port: 80 }]),
      ...(spec['type'] === undefined ? [] : [{ address: '192.168.10.1', port: nodePort(index + 1) }]),
      ...('externalIPs' in spec ? [{ address: '192.0.2.80', port: 80 }] : []),
      { address: clusterIP(index + 1), port: 80 },
    ]);
    const fromPod = kinds.map((_, index) => ({ address: clusterIP(index + 1), port: 80 }));
    const request = { connections: 10_000_000, concurrency: 24, timeoutMs: 15_000 };
    const loads = [
      await lab.load('client', { ...request, targets: fromOutside }),
      await lab.load('10.244.1.49', { ...request, targets: fromPod }),
    ];
    for (let done = 1; done <= changes; done += 1) {
      const now = world();
      if (done % 25 === 0) {
        await proxy.close();
        proxy = await startProxy(lab, now);
      }
      await proxy.apply(now);
    }
    for (const load of loads) await load.stop();
    for (const load of loads) {
      const { attempted, failed, failures, answeredBy, p99 } = await load.done;
      console.log(
        `${String(changes)} changes of everything, ${String(attempted)} connections, ${String(failed)} failed, p99 ${p99.toFixed(1)} ms`,
      );
      expect(attempted).toBeGreaterThan(300);
      expect(failures).toEqual({});
      expect(Object.keys(answeredBy).length).toBeGreaterThanOrEqual(localPods.length);
    }
    await proxy.close();
  },
);
