import { algorithmAnnotation, hashKeyAnnotation, weightsAnnotation } from '../kubernetes/index.js';
import type { EndpointSlice, Service } from '../kubernetes/index.js';
import type { Planner } from '../plan/index.js';
import { service, slice } from './objects.js';
import type { EndpointFields } from './objects.js';
import { below, oneOf, someOf } from './random.js';
import type { Random } from './random.js';

/** Objects of a cluster. */
export interface World {
  /** Each with a name of its own; several may ask for one address. */
  readonly services: readonly Service[];
  /** Each with a name of its own; some belong to a Service that does not exist. */
  readonly slices: readonly EndpointSlice[];
}

/** Something that happens to one object of a cluster. */
export type WorldEvent =
  | { readonly verb: 'set' | 'delete'; readonly service: Service }
  | { readonly verb: 'set' | 'delete'; readonly slice: EndpointSlice };

/** How big a random world is, and who has what in it. */
export interface WorldSize {
  /** Names of Services; a slice has one of these too, or belongs to a Service that does not exist. */
  readonly services: number;
  /** Slices per Service, about. */
  readonly slices: number;
  /** Addresses that Services ask for beside cluster IPs of their own: the fewer, the more often two want one. */
  readonly addresses: number;
  /** The names of nodes that endpoints are on. */
  readonly nodes: readonly [string, ...string[]];
}

/** A world small enough that everything meets everything. */
export const smallWorld: WorldSize = { services: 6, slices: 2, addresses: 4, nodes: ['here', 'there', 'elsewhere'] };

/** Services and slices of every kind. The same numbers give the same world. */
export function randomWorld(random: Random, size: WorldSize = smallWorld): World {
  return {
    services: Array.from({ length: size.services }, (_, index) => randomService(random, size, index)),
    slices: Array.from({ length: size.services * size.slices }, (_, index) => randomSlice(random, size, index)),
  };
}

/** What may happen next in a world of a size: mostly changes of one object into another of its name. */
export function randomEvent(random: Random, size: WorldSize = smallWorld): WorldEvent {
  const verb = random() < 0.8 ? 'set' : 'delete';
  if (random() < 0.4) return { verb, service: randomService(random, size, below(random, size.services)) };
  return { verb, slice: randomSlice(random, size, below(random, size.services * size.slices)) };
}

/** Tells a planner of an event. */
export function tell(planner: Planner, event: WorldEvent): void {
  if ('service' in event) {
    if (event.verb === 'set') planner.setService(event.service);
    else planner.deleteService(event.service);
  } else if (event.verb === 'set') planner.setEndpointSlice(event.slice);
  else planner.deleteEndpointSlice(event.slice);
}

const policies = ['Cluster', 'Cluster', 'Local'] as const;
const portNames = ['http', 'dns', 'sip'] as const;
const protocols = ['TCP', 'UDP', 'SCTP'] as const;

/** One of the world's Services. It has a cluster IP of its own, or now and then another's. */
export function randomService(random: Random, size: WorldSize, index: number): Service {
  const owner = random() < 0.9 ? index : below(random, size.services);
  const own = [`10.96.${String(owner >> 8)}.${String(owner & 0xff)}`, `fd00:96::${(owner + 1).toString(16)}`];
  const clusterIPs = oneOf(random, [own.slice(0, 1), own.slice(0, 1), own.slice(1), own]);
  const outside = [
    ...Array.from({ length: size.addresses }, (_, at) => `203.0.113.${String(at)}`),
    ...Array.from({ length: size.addresses }, (_, at) => `2001:db8::${(at + 1).toString(16)}`),
    ...own.slice(0, random() < 0.1 ? 1 : 0),
  ];
  const odds = random() < 0.5 ? 0 : 1.5 / outside.length;
  return service({
    name: `service-${String(index)}`,
    created: `2026-01-01T00:00:0${String(below(random, 4))}Z`,
    type: oneOf(random, ['ClusterIP', 'NodePort', 'LoadBalancer']),
    clusterIPs: random() < 0.05 ? ['None'] : clusterIPs,
    ports: portNames.slice(0, 1 + below(random, 3)).map((name, at) => ({
      name,
      protocol: protocols[at] ?? 'TCP',
      port: 80 + below(random, 2),
      ...(random() < 0.4 ? { nodePort: 30_000 + below(random, 1 + size.addresses) } : {}),
    })),
    externalIPs: someOf(random, outside, odds),
    loadBalancerIPs: someOf(random, outside, odds),
    externalTrafficPolicy: oneOf(random, policies),
    internalTrafficPolicy: oneOf(random, policies),
    ...(random() < 0.3 ? { loadBalancerSourceRanges: ['192.0.2.0/24', '192.0.2.128/25', '2001:db8:1::/48'] } : {}),
    ...(random() < 0.2 ? { sessionAffinity: 'ClientIP' } : {}),
    ...(random() < 0.2 ? { healthCheckNodePort: 31_000 + index } : {}),
    ...(random() < 0.4 ? { annotations: randomAnnotations(random) } : {}),
  });
}

function randomAnnotations(random: Random): Readonly<Record<string, string>> {
  const algorithm = oneOf(random, ['random', 'weighted', 'source-hash', 'maglev', 'no-such-algorithm']);
  return {
    [algorithmAnnotation]: algorithm,
    ...(random() < 0.5 ? { [hashKeyAnnotation]: 'client-and-port' } : {}),
  };
}

/** One of the world's slices. It may belong to another Service than it did before. */
export function randomSlice(random: Random, size: WorldSize, index: number): EndpointSlice {
  const owner = random() < 0.8 ? index % size.services : below(random, size.services + 1);
  const isIPv4 = random() < 0.6;
  return slice({
    name: `slice-${String(index)}`,
    ...(random() < 0.05 ? {} : { service: `service-${String(owner)}` }),
    ...(random() < 0.2 ? { annotations: { [weightsAnnotation]: String(below(random, 4)) } } : {}),
    addressType: isIPv4 ? 'IPv4' : 'IPv6',
    ports: someOf(random, [0, 1, 2], 0.8).map((at) => ({
      name: portNames[at] ?? '',
      protocol: protocols[at] ?? 'TCP',
      port: 8080 + below(random, 2),
    })),
    endpoints: Array.from({ length: below(random, 5) }, () =>
      randomEndpoint(random, size, isIPv4 ? '10.244.0.' : 'fd00:244::'),
    ),
  });
}

function randomEndpoint(random: Random, size: WorldSize, prefix: string): EndpointFields {
  const isReady = random() < 0.7;
  const nodeName = oneOf(random, size.nodes);
  return {
    address: `${prefix}${String(1 + below(random, 8))}`,
    ...(random() < 0.9 ? { nodeName } : {}),
    ready: isReady,
    serving: isReady || random() < 0.5,
    terminating: !isReady && random() < 0.7,
    ...(random() < 0.4 ? { forZones: [oneOf(random, ['east', 'west'])] } : {}),
    ...(random() < 0.3 ? { forNodes: [nodeName] } : {}),
  };
}
