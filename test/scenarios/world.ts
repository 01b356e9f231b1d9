import type { KubernetesObject, ScenarioNode, World } from './format.js';
import { ScenarioSyntaxError } from './packets.js';
import type { NodeSource, ServiceSource, StepSource } from './schema.js';
import { endpointSlices, isShortSliceOf, serviceObject } from './shorthand.js';

/** The lab's node with kube-proxy's defaults, and what the cluster's own components would know. */
const defaultNode: ScenarioNode = {
  families: ['IPv4', 'IPv6'],
  zone: 'zone-a',
  detectLocalMode: 'ClusterCIDR',
  clusterCIDRs: ['10.244.0.0/16', 'fd00:10:244::/56'],
  podCIDRs: ['10.244.1.0/24', 'fd00:10:244:1::/64'],
  bridgeInterface: 'cni0',
  interfaceNamePrefix: 'pod',
  masqueradeAll: false,
  nodePortAddresses: ['primary'],
  serviceCIDRs: ['10.96.0.0/16', 'fd00:10:96::/112'],
  allowExternalIPs: true,
  extraAddresses: [],
};

/** A world, and the Services in it that were written in short. */
export interface WrittenWorld extends World {
  readonly short: ReadonlyMap<string, ServiceSource>;
}

export const emptyWorld: WrittenWorld = { node: defaultNode, objects: [], short: new Map() };

/** What a step, or the head of a file, changes. */
export type Change = Pick<StepSource, 'node' | 'services' | 'objects' | 'endpoints' | 'delete'>;

/** The world after a change: deletions, then Services, endpoints and objects, each replacing what had its name. */
export function changed(world: WrittenWorld, change: Change): WrittenWorld {
  let objects = (change.delete ?? []).reduce(without, world.objects);
  const short = new Map(world.short);
  for (const source of change.services ?? []) {
    short.set(`${source.namespace}/${source.name}`, source);
    objects = replaced(objects, serviceObject(source));
    objects = withSlices(objects, source, source.endpoints ?? []);
  }
  for (const [name, endpoints] of Object.entries(change.endpoints ?? {})) {
    const source = short.get(name.includes('/') ? name : `default/${name}`);
    if (source === undefined) throw new ScenarioSyntaxError(`endpoints.${name}: no such service was written in short`);
    objects = withSlices(objects, source, endpoints);
  }
  for (const object of change.objects ?? []) objects = replaced(objects, namespaced(object));
  return { node: { ...world.node, ...defined(change.node) }, objects, short };
}

function withSlices(objects: readonly KubernetesObject[], source: ServiceSource, endpoints: readonly string[]) {
  const others = objects.filter((object) => !isShortSliceOf(object, source.namespace, source.name));
  return [...others, ...endpointSlices(source, endpoints)];
}

function replaced(objects: readonly KubernetesObject[], object: KubernetesObject): readonly KubernetesObject[] {
  const index = objects.findIndex((one) => keyOf(one) === keyOf(object));
  return index < 0 ? [...objects, object] : objects.with(index, object);
}

function without(objects: readonly KubernetesObject[], reference: string): readonly KubernetesObject[] {
  const [kind = '', path = ''] = reference.split(' ');
  const [name = '', namespace = 'default'] = path.split('/').reverse();
  const rest = objects.filter((one) => keyOf(one) !== `${kind} ${namespace}/${name}`);
  if (rest.length === objects.length) throw new ScenarioSyntaxError(`delete: there is no ${reference}`);
  return kind === 'Service' ? rest.filter((one) => !isShortSliceOf(one, namespace, name)) : rest;
}

function namespaced(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { namespace: 'default', ...object.metadata } };
}

function keyOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

function defined(change: NodeSource | undefined): Partial<ScenarioNode> {
  const entries = Object.entries(change ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}
