import { familyOf, podOf } from '../lab/index.js';
import type { KubernetesObject } from './format.js';
import { ScenarioSyntaxError } from './packets.js';
import type { ServiceSource } from './schema.js';

interface PortObject {
  readonly name?: string;
  readonly protocol?: string;
  readonly port: number;
  readonly nodePort?: number;
}

/** Marks the slices that were written in short, so that a later step can replace them. */
const managedBy = { 'endpointslice.kubernetes.io/managed-by': 'scenario' };

/** A Service written in short, as the API server would hold it. @throws ScenarioSyntaxError */
export function serviceObject(source: ServiceSource): KubernetesObject {
  const { name, namespace, labels, annotations, created, ports, ingress, endpoints: _, ...spec } = source;
  const clusterIPs = (spec['clusterIPs'] ?? [spec['clusterIP']].filter(Boolean)) as string[];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels, annotations, creationTimestamp: created ?? '2026-01-01T00:00:00Z' },
    spec: {
      type: 'ClusterIP',
      clusterIP: clusterIPs[0],
      clusterIPs,
      ...(clusterIPs.every(isAddress) && { ipFamilies: clusterIPs.map(familyOf) }),
      ...spec,
      ports: ports.map(readServicePort),
    },
    status: { loadBalancer: { ingress: ingress?.map((one) => (typeof one === 'string' ? { ip: one } : one)) } },
  };
}

/** The slices that belong to a Service written in short: one for each family and set of ports. */
export function endpointSlices(source: ServiceSource, endpoints: readonly string[]): KubernetesObject[] {
  const servicePorts = source.ports.map(readServicePort);
  interface Group {
    readonly addressType: string;
    readonly ports: PortObject[];
    readonly endpoints: object[];
    readonly weights: string[];
  }
  const groups = new Map<string, Group>();
  for (const line of endpoints) {
    const { address, ports, endpoint, weight } = readEndpoint(line, servicePorts);
    const addressType = familyOf(address);
    const key = JSON.stringify([addressType, ports]);
    const group = groups.get(key) ?? { addressType, ports, endpoints: [], weights: [] };
    group.endpoints.push(endpoint);
    if (weight !== undefined) group.weights.push(`${address}=${weight}`);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ weights, ...group }, index) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${source.name}-${index + 1}`,
      namespace: source.namespace,
      labels: { 'kubernetes.io/service-name': source.name, ...managedBy },
      ...(weights.length > 0 && { annotations: { 'nftproxier.io/weights': weights.join(', ') } }),
    },
    ...group,
  }));
}

/** Whether an object is a slice that was written in short for this Service. */
export function isShortSliceOf(object: KubernetesObject, namespace: string, service: string): boolean {
  const labels = object.metadata.labels ?? {};
  return (
    object.kind === 'EndpointSlice' &&
    object.metadata.namespace === namespace &&
    labels['kubernetes.io/service-name'] === service &&
    labels['endpointslice.kubernetes.io/managed-by'] === 'scenario'
  );
}

/** `80/TCP`, `http 80/TCP`, `80/TCP nodePort 30080`, `http 80/TCP nodePort 30080`, or the object. */
function readServicePort(source: ServiceSource['ports'][number]): PortObject {
  if (typeof source !== 'string') return source;
  const [, name, port, protocol, nodePort] =
    /^(?:([a-z0-9-]+) )?(\d+)\/([A-Z]+)(?: nodePort (\d+))?$/.exec(source) ?? [];
  if (port === undefined) throw new ScenarioSyntaxError(`${source}: expected [NAME] PORT/PROTOCOL [nodePort PORT]`);
  return {
    ...(name !== undefined && { name }),
    ...(protocol !== undefined && { protocol }),
    port: Number(port),
    ...(nodePort !== undefined && { nodePort: Number(nodePort) }),
  };
}

/**
 * `ADDRESS[:PORT] [NAME=PORT]... [WORD]...`: without a port, the Service's own; with one, that for all its ports; or one
 * for each port name. Words: `not-ready`, `terminating`, `not-serving`, `unknown` (no conditions at all), `node=NAME`
 * (empty: no nodeName), `for-zone=A,B`, `for-node=A,B`.
 */
function readEndpoint(line: string, servicePorts: readonly PortObject[]) {
  const [socket = '', ...words] = line.split(' ');
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([^[\]:]+))(?::(\d+))?$/.exec(socket) ?? [];
  const address = v6 ?? v4 ?? socket;
  familyOf(address);
  const flags = new Set(words.filter((word) => !word.includes('=')));
  const settings = new Map(words.filter((word) => word.includes('=')).map((word) => [before(word), after(word)]));
  for (const flag of flags) if (!known.has(flag)) throw new ScenarioSyntaxError(`${line}: what is ${flag}?`);
  const take = (setting: string): string | undefined => {
    const value = settings.get(setting);
    settings.delete(setting);
    return value;
  };
  const nodeName = take('node') ?? podOf(address)?.node;
  const weight = take('weight');
  const forZones = names(take('for-zone'));
  const forNodes = names(take('for-node'));
  const named = [...settings].map(([name, number]) => {
    const servicePort = servicePorts.find((one) => one.name === name);
    if (servicePort === undefined) throw new ScenarioSyntaxError(`${line}: the service has no port ${name}`);
    return slicePort(servicePort, Number(number));
  });
  const ports = named.length > 0 ? named : servicePorts.map((one) => slicePort(one, Number(port ?? one.port)));
  const endpoint = {
    addresses: [address],
    ...(!flags.has('unknown') && { conditions: conditions(flags) }),
    ...(nodeName !== undefined && nodeName !== '' && { nodeName }),
    ...((forZones ?? forNodes) && { hints: { ...(forZones && { forZones }), ...(forNodes && { forNodes }) } }),
  };
  return { address, ports, endpoint, weight };
}

const known = new Set(['not-ready', 'terminating', 'not-serving', 'unknown']);

function conditions(flags: ReadonlySet<string>) {
  const terminating = flags.has('terminating');
  const ready = !terminating && !flags.has('not-ready');
  const serving = !flags.has('not-serving') && !flags.has('not-ready');
  return { ready, serving, terminating };
}

function slicePort({ name, protocol }: PortObject, port: number): PortObject {
  return { name: name ?? '', ...(protocol !== undefined && { protocol }), port };
}

function names(list: string | undefined): { name: string }[] | undefined {
  return list?.split(',').map((name) => ({ name }));
}

function before(word: string): string {
  return word.slice(0, word.indexOf('='));
}

function after(word: string): string {
  return word.slice(word.indexOf('=') + 1);
}

function isAddress(text: string): boolean {
  return /^[\d.]+$|:/.test(text);
}
