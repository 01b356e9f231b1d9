import { below, oneOf, randomEvent, randomWorld, seededRandom } from '@nftproxier/core/testing';
import type { Random, WorldSize } from '@nftproxier/core/testing';
import type { ApiServer, NewObject } from '../api-server/index.js';

/** Some dozens of Services that want each other's addresses, on the lab's node and on others. */
const size: WorldSize = { services: 60, slices: 2, addresses: 12, nodes: ['node-a', 'node-b', 'node-c'] };

const steady = {
  kind: 'Service',
  metadata: { namespace: 'steady', name: 'steady', creationTimestamp: '2025-01-01T00:00:00Z' },
  spec: {
    type: 'ClusterIP',
    clusterIP: '10.96.200.1',
    clusterIPs: ['10.96.200.1'],
    ipFamilies: ['IPv4'],
    ports: [
      { name: 'tcp', protocol: 'TCP', port: 80 },
      { name: 'udp', protocol: 'UDP', port: 53 },
    ],
  },
} as const satisfies NewObject;

/** Nothing ever changes it: what others do to its elements stays, unless somebody looks. */
const still = {
  kind: 'Service',
  metadata: { namespace: 'still', name: 'still', creationTimestamp: '2025-01-01T00:00:00Z' },
  spec: {
    type: 'ClusterIP',
    clusterIP: '10.96.200.2',
    clusterIPs: ['10.96.200.2'],
    ipFamilies: ['IPv4'],
    ports: [{ name: 'tcp', protocol: 'TCP', port: 80 }],
  },
} as const satisfies NewObject;

/** Pods that answer at the steady Service. */
export const pods = ['10.244.1.31', '10.244.1.32', '10.244.2.33'] as const;

/** Objects that change at random, the same for the same seed, and a Service that real connections are made to. */
export class ChangingWorld {
  readonly #random: Random;
  readonly #api: () => ApiServer;

  constructor(seed: number, api: () => ApiServer) {
    this.#random = seededRandom(seed);
    this.#api = api;
  }

  /** What there is at first. */
  start(): void {
    const { services, slices } = randomWorld(this.#random, size);
    for (const object of [...services, ...slices]) this.#api().put(object as NewObject);
    this.#api().put(steady);
    this.steadyEndpoints([0, 1]);
    for (const object of otherObjects) this.#api().put(object);
  }

  /** One event; now and then it concerns the Service that connections are made to. */
  step(): void {
    if (this.#random() < 0.02) {
      this.steadyEndpoints(
        oneOf(this.#random, [
          [0, 1],
          [1, 2],
          [0, 2],
          [0, 1, 2],
        ]),
      );
      return;
    }
    const event = randomEvent(this.#random, size);
    const object = ('service' in event ? event.service : event.slice) as NewObject;
    if (event.verb === 'set') this.#api().put(object);
    else this.#api().delete(object.kind, object.metadata.namespace, object.metadata.name);
  }

  /** An object that cannot be used. It comes, or goes. */
  poison(): void {
    const number = below(this.#random, 5);
    const name = `poison-${String(number)}`;
    if (this.#random() < 0.5) this.#api().delete('Service', 'evil', name);
    else {
      const clusterIP = oneOf(this.#random, ['127.0.0.1', '010.96.0.1', 'nowhere', '10.96.0.1', '"; flush ruleset; #']);
      const ports = [{ name: 'x'.repeat(below(this.#random, 200)), port: 70_000 * this.#random() }];
      this.#api().put({ kind: 'Service', metadata: { namespace: 'evil', name }, spec: { clusterIP, ports } });
    }
  }

  steadyEndpoints(chosen: readonly number[]): void {
    this.#api().put({
      kind: 'EndpointSlice',
      metadata: { namespace: 'steady', name: 'steady-1', labels: { 'kubernetes.io/service-name': 'steady' } },
      addressType: 'IPv4',
      ports: [
        { name: 'tcp', protocol: 'TCP', port: 8080 },
        { name: 'udp', protocol: 'UDP', port: 8080 },
      ],
      endpoints: chosen.map((index) => ({ addresses: [pods[index]], conditions: { ready: true } })),
    });
  }
}

const otherObjects: readonly NewObject[] = [
  still,
  {
    kind: 'EndpointSlice',
    metadata: { namespace: 'still', name: 'still-1', labels: { 'kubernetes.io/service-name': 'still' } },
    addressType: 'IPv4',
    ports: [{ name: 'tcp', protocol: 'TCP', port: 8080 }],
    endpoints: [{ addresses: [pods[0]], conditions: { ready: true } }],
  },
  {
    kind: 'Node',
    metadata: { name: 'node-a', labels: {} },
    spec: { podCIDRs: ['10.244.1.0/24'] },
    status: { addresses: [{ type: 'InternalIP', address: '192.168.10.1' }] },
  },
  { kind: 'ServiceCIDR', metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.96.0.0/16'] } },
];
