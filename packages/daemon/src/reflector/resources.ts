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

/** What a projection builds: field by field, so that objects of the same fields share their shape in memory. */
type Draft<T> = { -readonly [K in keyof T]: T[K] };
type Of<T> = NonNullable<T>;
type ServiceSpec = Of<Service['spec']>;
type ServicePort = Of<ServiceSpec['ports']>[number];
type Ingress = Of<Of<Of<Service['status']>['loadBalancer']>['ingress']>[number];
type Endpoint = Of<EndpointSlice['endpoints']>[number];
type EndpointPort = Of<EndpointSlice['ports']>[number];
type NodeSpec = Of<Node['spec']>;

function projectService(object: ApiObject): Service {
  const { spec: from, status } = object as Service;
  const spec: Draft<ServiceSpec> = {};
  if (isThere(from)) {
    if (isThere(from.type)) spec.type = from.type;
    if (isThere(from.clusterIP)) spec.clusterIP = from.clusterIP;
    if (Array.isArray(from.clusterIPs)) spec.clusterIPs = from.clusterIPs;
    if (Array.isArray(from.ipFamilies)) spec.ipFamilies = from.ipFamilies;
    if (Array.isArray(from.ports)) spec.ports = from.ports.map(projectServicePort);
    if (Array.isArray(from.externalIPs)) spec.externalIPs = from.externalIPs;
    if (isThere(from.externalTrafficPolicy)) spec.externalTrafficPolicy = from.externalTrafficPolicy;
    if (isThere(from.internalTrafficPolicy)) spec.internalTrafficPolicy = from.internalTrafficPolicy;
    if (isThere(from.sessionAffinity)) spec.sessionAffinity = from.sessionAffinity;
    if (isThere(from.sessionAffinityConfig)) spec.sessionAffinityConfig = from.sessionAffinityConfig;
    if (Array.isArray(from.loadBalancerSourceRanges)) spec.loadBalancerSourceRanges = from.loadBalancerSourceRanges;
    if (isThere(from.healthCheckNodePort)) spec.healthCheckNodePort = from.healthCheckNodePort;
  }
  const kept: Draft<Service> = { metadata: projectMetadata(object), spec };
  const ingress = status?.loadBalancer?.ingress;
  if (Array.isArray(ingress)) kept.status = { loadBalancer: { ingress: ingress.map(projectIngress) } };
  return kept;
}

function projectServicePort(from: ServicePort): ServicePort {
  const kept: Draft<ServicePort> = {};
  if (isThere(from.name)) kept.name = from.name;
  if (isThere(from.protocol)) kept.protocol = from.protocol;
  if (isThere(from.port)) kept.port = from.port;
  if (isThere(from.nodePort)) kept.nodePort = from.nodePort;
  return kept;
}

function projectIngress(from: Ingress): Ingress {
  const kept: Draft<Ingress> = {};
  if (isThere(from.ip)) kept.ip = from.ip;
  if (isThere(from.ipMode)) kept.ipMode = from.ipMode;
  if (isThere(from.hostname)) kept.hostname = from.hostname;
  return kept;
}

function projectEndpointSlice(object: ApiObject): EndpointSlice {
  const from = object as EndpointSlice;
  const kept: Draft<EndpointSlice> = { metadata: projectMetadata(object) };
  if (isThere(from.addressType)) kept.addressType = from.addressType;
  if (Array.isArray(from.ports)) kept.ports = from.ports.map(projectEndpointPort);
  if (Array.isArray(from.endpoints)) kept.endpoints = from.endpoints.map(projectEndpoint);
  return kept;
}

function projectEndpointPort(from: EndpointPort): EndpointPort {
  const kept: Draft<EndpointPort> = {};
  if (isThere(from.name)) kept.name = from.name;
  if (isThere(from.protocol)) kept.protocol = from.protocol;
  if (isThere(from.port)) kept.port = from.port;
  return kept;
}

/** What nearly all endpoints are like: one object stands for all of them, which are many. */
const usualConditions: Of<Endpoint['conditions']> = Object.freeze({ ready: true, serving: true, terminating: false });

function projectConditions(from: Of<Endpoint['conditions']>): Of<Endpoint['conditions']> {
  const isUsual = from.ready === true && from.serving === true && from.terminating === false;
  return isUsual ? usualConditions : from;
}

function projectEndpoint(from: Endpoint): Endpoint {
  const kept: Draft<Endpoint> = {};
  if (Array.isArray(from.addresses)) kept.addresses = from.addresses;
  if (isThere(from.conditions)) kept.conditions = projectConditions(from.conditions);
  if (isThere(from.nodeName)) kept.nodeName = from.nodeName;
  if (isThere(from.hints)) kept.hints = from.hints;
  return kept;
}

function projectNode(object: ApiObject): Node {
  const { spec: from, status } = object as Node;
  const spec: Draft<NodeSpec> = {};
  if (isThere(from?.podCIDR)) spec.podCIDR = from.podCIDR;
  if (Array.isArray(from?.podCIDRs)) spec.podCIDRs = from.podCIDRs;
  if (Array.isArray(from?.taints)) spec.taints = from.taints;
  const kept: Draft<Node> = { metadata: projectMetadata(object), spec };
  if (Array.isArray(status?.addresses)) kept.status = { addresses: status.addresses };
  return kept;
}

function projectServiceCIDR(object: ApiObject): ServiceCIDR {
  const cidrs = (object as ServiceCIDR).spec?.cidrs;
  return { metadata: projectMetadata(object), spec: Array.isArray(cidrs) ? { cidrs } : {} };
}

function projectMetadata({ metadata: from }: ApiObject): ObjectMeta {
  const kept: Draft<ObjectMeta> = { name: from.name };
  if (isThere(from.namespace)) kept.namespace = from.namespace;
  if (isThere(from.uid)) kept.uid = from.uid;
  kept.resourceVersion = from.resourceVersion;
  if (isThere(from.creationTimestamp)) kept.creationTimestamp = from.creationTimestamp;
  if (isThere(from.deletionTimestamp)) kept.deletionTimestamp = from.deletionTimestamp;
  const labels = wanted(from.labels, wantedLabels);
  if (labels) kept.labels = labels;
  const annotations = wanted(from.annotations, wantedAnnotations);
  if (annotations) kept.annotations = annotations;
  return kept;
}

function wanted(
  values: Readonly<Record<string, string>> | undefined | null,
  names: ReadonlySet<string>,
): Record<string, string> | undefined {
  let kept: Record<string, string> | undefined;
  for (const name in values) {
    const value = values[name];
    if (isThere(value) && (names.has(name) || name.startsWith(ownPrefix))) (kept ??= {})[name] = value;
  }
  return kept;
}

/** Go writes what is absent as null, or not at all. */
function isThere<V>(value: V): value is NonNullable<V> {
  return value !== undefined && value !== null;
}
