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
import { pick, pickEach, texts } from './pick.js';
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
  return { kind: 'Node', path: '/api/v1/nodes', fieldSelector: `metadata.name=${name}`, project: projectNode };
}

/** ServiceCIDRs, which clusters before Kubernetes 1.33 need not have. */
export const serviceCIDRs: Resource<ServiceCIDR> = {
  kind: 'ServiceCIDR',
  path: '/apis/networking.k8s.io/v1/servicecidrs',
  project: projectServiceCIDR,
  optional: true,
};

function projectService(object: ApiObject): Service {
  const { spec, status } = object as Service;
  const ports = pickEach(spec?.ports, ['name', 'protocol', 'port', 'nodePort']);
  const ingress = pickEach(status?.loadBalancer?.ingress, ['ip', 'ipMode', 'hostname']);
  return {
    metadata: projectMetadata(object),
    spec: {
      ...pick(spec, [
        'type',
        'clusterIP',
        'externalTrafficPolicy',
        'internalTrafficPolicy',
        'sessionAffinity',
        'sessionAffinityConfig',
        'healthCheckNodePort',
      ]),
      ...texts(spec, ['clusterIPs', 'ipFamilies', 'externalIPs', 'loadBalancerSourceRanges']),
      ...(ports ? { ports } : {}),
    },
    ...(ingress ? { status: { loadBalancer: { ingress } } } : {}),
  };
}

function projectEndpointSlice(object: ApiObject): EndpointSlice {
  const { addressType, endpoints, ports } = object as EndpointSlice;
  const keptPorts = pickEach(ports, ['name', 'protocol', 'port']);
  return {
    metadata: projectMetadata(object),
    ...(addressType === undefined ? {} : { addressType }),
    ...(keptPorts ? { ports: keptPorts } : {}),
    ...(Array.isArray(endpoints) ? { endpoints: endpoints.map(projectEndpoint) } : {}),
  };
}

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];

function projectEndpoint(endpoint: Endpoint): Endpoint {
  return {
    ...texts(endpoint, ['addresses']),
    ...pick(endpoint, ['conditions', 'nodeName', 'hints']),
  };
}

function projectNode(object: ApiObject): Node {
  const { spec, status } = object as Node;
  const taints = pickEach(spec?.taints, ['key', 'effect', 'value']);
  const addresses = pickEach(status?.addresses, ['type', 'address']);
  return {
    metadata: projectMetadata(object),
    spec: { ...pick(spec, ['podCIDR']), ...texts(spec, ['podCIDRs']), ...(taints ? { taints } : {}) },
    ...(addresses ? { status: { addresses } } : {}),
  };
}

function projectServiceCIDR(object: ApiObject): ServiceCIDR {
  return { metadata: projectMetadata(object), spec: texts((object as ServiceCIDR).spec, ['cidrs']) };
}

function projectMetadata({ metadata }: ApiObject): ObjectMeta {
  const labels = wanted(metadata.labels, wantedLabels);
  const annotations = wanted(metadata.annotations, wantedAnnotations);
  return {
    ...pick(metadata, ['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp']),
    ...(labels ? { labels } : {}),
    ...(annotations ? { annotations } : {}),
  };
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
