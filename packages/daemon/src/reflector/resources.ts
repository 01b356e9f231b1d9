import {
  headlessLabel,
  lastChangeTriggerTimeAnnotation,
  serviceNameLabel,
  serviceProxyNameLabel,
  zoneLabel,
  type EndpointSlice,
  type Node,
  type ObjectMeta,
  type Service,
  type ServiceCIDR,
} from '@nftproxier/core';
import type { ApiObject, Resource } from './resource.js';

/** Labels and annotations under this prefix are ours, and kept whatever their name. */
const ownPrefix = 'nftproxier.';

const wantedLabels = new Set([
  serviceNameLabel,
  serviceProxyNameLabel,
  headlessLabel,
  zoneLabel,
  'kubernetes.io/hostname',
]);
const wantedAnnotations = new Set([lastChangeTriggerTimeAnnotation]);

/** Services, but for headless ones and those of another proxy: what kube-proxy watches. */
export const services: Resource<Service> = {
  kind: 'Service',
  path: '/api/v1/services',
  labelSelector: `!${serviceProxyNameLabel}`,
  fieldSelector: 'spec.clusterIP!=None',
  project: projectService,
};

/** EndpointSlices, but for those of headless Services: what kube-proxy watches. */
export const endpointSlices: Resource<EndpointSlice> = {
  kind: 'EndpointSlice',
  path: '/apis/discovery.k8s.io/v1/endpointslices',
  labelSelector: `!${headlessLabel}`,
  project: projectEndpointSlice,
};

/** The Node named `name`. */
export function node(name: string): Resource<Node> {
  return {
    kind: 'Node',
    path: '/api/v1/nodes',
    fieldSelector: `metadata.name=${name}`,
    project: projectNode,
  };
}

/** ServiceCIDRs, which clusters before Kubernetes 1.33 need not have. */
export const serviceCIDRs: Resource<ServiceCIDR> = {
  kind: 'ServiceCIDR',
  path: '/apis/networking.k8s.io/v1/servicecidrs',
  project: projectServiceCIDR,
  optional: true,
};

/*
 * Projections write every field, absent ones as undefined: objects that share one shape are made in one go, and take
 * half the time and memory of ones to which fields are added. Go writes what is absent as null, or not at all.
 */

type Of<T> = NonNullable<T>;
type ServicePort = Of<Of<Service['spec']>['ports']>[number];
type Ingress = Of<Of<Of<Service['status']>['loadBalancer']>['ingress']>[number];
type Endpoint = Of<EndpointSlice['endpoints']>[number];
type EndpointPort = Of<EndpointSlice['ports']>[number];

/** `T` as projections write it. */
type Written<T> = { readonly [K in keyof T]-?: T[K] | undefined };

function projectService(object: ApiObject): Service {
  const { spec: from, status } = object as Service;
  const spec: Written<Of<Service['spec']>> = {
    type: from?.type ?? undefined,
    clusterIP: from?.clusterIP ?? undefined,
    clusterIPs: listOf(from?.clusterIPs),
    ipFamilies: listOf(from?.ipFamilies),
    ports: listOf(from?.ports)?.map(projectServicePort),
    externalIPs: listOf(from?.externalIPs),
    externalTrafficPolicy: from?.externalTrafficPolicy ?? undefined,
    internalTrafficPolicy: from?.internalTrafficPolicy ?? undefined,
    sessionAffinity: from?.sessionAffinity ?? undefined,
    sessionAffinityConfig: from?.sessionAffinityConfig ?? undefined,
    loadBalancerSourceRanges: listOf(from?.loadBalancerSourceRanges),
    healthCheckNodePort: from?.healthCheckNodePort ?? undefined,
  };
  const ingress = listOf(status?.loadBalancer?.ingress)?.map(projectIngress);
  return {
    metadata: projectMetadata(object),
    spec: spec as Of<Service['spec']>,
    ...(ingress ? { status: { loadBalancer: { ingress } } } : {}),
  };
}

function projectServicePort(from: ServicePort): ServicePort {
  const kept: Written<ServicePort> = {
    name: from.name ?? undefined,
    protocol: from.protocol ?? undefined,
    port: from.port ?? undefined,
    nodePort: from.nodePort ?? undefined,
  };
  return kept as ServicePort;
}

function projectIngress(from: Ingress): Ingress {
  const kept: Written<Ingress> = {
    ip: from.ip ?? undefined,
    ipMode: from.ipMode ?? undefined,
    hostname: from.hostname ?? undefined,
  };
  return kept as Ingress;
}

function projectEndpointSlice(object: ApiObject): EndpointSlice {
  const from = object as EndpointSlice;
  const kept: Written<Omit<EndpointSlice, 'apiVersion' | 'kind'>> = {
    metadata: projectMetadata(object),
    addressType: from.addressType ?? undefined,
    ports: listOf(from.ports)?.map(projectEndpointPort),
    endpoints: listOf(from.endpoints)?.map(projectEndpoint),
  };
  return kept as EndpointSlice;
}

function projectEndpointPort(from: EndpointPort): EndpointPort {
  const kept: Written<EndpointPort> = {
    name: from.name ?? undefined,
    protocol: from.protocol ?? undefined,
    port: from.port ?? undefined,
  };
  return kept as EndpointPort;
}

function projectEndpoint(from: Endpoint): Endpoint {
  const kept: Written<Endpoint> = {
    addresses: listOf(from.addresses),
    conditions: projectConditions(from.conditions),
    nodeName: from.nodeName ?? undefined,
    zone: from.zone ?? undefined,
    hints: from.hints ?? undefined,
  };
  return kept as Endpoint;
}

/** What nearly all endpoints are like: one object stands for all of them, which are many. */
const usualConditions: Endpoint['conditions'] = Object.freeze({ ready: true, serving: true, terminating: false });

function projectConditions(from: Endpoint['conditions']): Endpoint['conditions'] | undefined {
  const isUsual = from?.ready === true && from.serving === true && from.terminating === false;
  return isUsual ? usualConditions : (from ?? undefined);
}

function projectNode(object: ApiObject): Node {
  const { spec: from, status } = object as Node;
  const spec: Written<Of<Node['spec']>> = {
    podCIDR: from?.podCIDR ?? undefined,
    podCIDRs: listOf(from?.podCIDRs),
    taints: listOf(from?.taints),
  };
  const addresses = listOf(status?.addresses);
  return {
    metadata: projectMetadata(object),
    spec: spec as Of<Node['spec']>,
    ...(addresses ? { status: { addresses } } : {}),
  };
}

function projectServiceCIDR(object: ApiObject): ServiceCIDR {
  const cidrs = listOf((object as ServiceCIDR).spec?.cidrs);
  return { metadata: projectMetadata(object), spec: cidrs ? { cidrs } : {} };
}

function projectMetadata({ metadata: from }: ApiObject): ObjectMeta {
  const kept: Written<ObjectMeta> = {
    name: from.name,
    namespace: from.namespace ?? undefined,
    uid: from.uid ?? undefined,
    resourceVersion: from.resourceVersion,
    creationTimestamp: from.creationTimestamp ?? undefined,
    deletionTimestamp: from.deletionTimestamp ?? undefined,
    labels: wanted(from.labels, wantedLabels),
    annotations: wanted(from.annotations, wantedAnnotations),
  };
  return kept as ObjectMeta;
}

function wanted(
  values: Readonly<Record<string, string>> | undefined | null,
  names: ReadonlySet<string>,
): Record<string, string> | undefined {
  let kept: Record<string, string> | undefined;
  for (const name in values) {
    const value = values[name];
    if (value !== undefined && (names.has(name) || name.startsWith(ownPrefix))) (kept ??= {})[name] = value;
  }
  return kept;
}

function listOf<T>(value: readonly T[] | undefined | null): readonly T[] | undefined {
  return Array.isArray(value) ? (value as readonly T[]) : undefined;
}
