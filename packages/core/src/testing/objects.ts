import type { EndpointSlice, Node, Service, ServicePortSpec } from '../kubernetes/index.js';
import { serviceNameLabel, zoneLabel } from '../kubernetes/index.js';
import { familyOf } from '../net/index.js';

/** What a {@link service} is made of: fields of `spec` under their own names, and short forms of the rest. */
export interface ServiceFields extends Omit<NonNullable<Service['spec']>, 'ports'> {
  /** `metadata.name`. */
  readonly name: string;
  /** `default` if absent. */
  readonly namespace?: string;
  /** `metadata.uid`; missing if absent. */
  readonly uid?: string;
  /** `metadata.creationTimestamp`. */
  readonly created?: string;
  /** `metadata.labels`; missing if absent. */
  readonly labels?: Readonly<Record<string, string>>;
  /** `metadata.annotations`; missing if absent. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** A number is a TCP port without a name. */
  readonly ports?: readonly (number | ServicePortSpec)[];
  /** `status.loadBalancer.ingress[].ip`. */
  readonly loadBalancerIPs?: readonly string[];
  /** `status`, where `loadBalancerIPs` does not say it. */
  readonly status?: Service['status'];
}

/**
 * A Service as the API server would return it: one cluster IP stands in `clusterIPs` too, and `ipFamilies` say of which
 * family each is.
 *
 * @example service({ name: 'web', clusterIP: '10.96.0.10', ports: [80] })
 */
export function service(fields: ServiceFields): Service {
  const { name, namespace = 'default', uid, created, labels, annotations, ...rest } = fields;
  const { ports = [], loadBalancerIPs, status, ...spec } = rest;
  const clusterIPs = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  const [clusterIP] = clusterIPs;
  const isHeadless = clusterIP === undefined || clusterIP === '' || clusterIP === 'None';
  const ingress = loadBalancerIPs?.map((ip) => ({ ip }));
  const ofStatus = status ?? (ingress === undefined ? undefined : { loadBalancer: { ingress } });
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      namespace,
      name,
      ...(uid === undefined ? {} : { uid }),
      ...(created === undefined ? {} : { creationTimestamp: created }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: {
      ...(isHeadless ? {} : { ipFamilies: clusterIPs.map(familyOf) }),
      ...(clusterIP === undefined ? {} : { clusterIP }),
      clusterIPs,
      ...spec,
      ports: ports.map((port) => (typeof port === 'number' ? { port, protocol: 'TCP' } : port)),
    },
    ...(ofStatus === undefined ? {} : { status: ofStatus }),
  };
}

/** One of a {@link slice}'s endpoints. */
export interface EndpointFields {
  /** The only one of its `addresses`. */
  readonly address: string;
  /** Missing if absent: the endpoint is on no node. */
  readonly nodeName?: string;
  /** Missing if absent. */
  readonly zone?: string;
  /** `conditions.ready`; true if absent. */
  readonly ready?: boolean;
  /** `conditions.serving`; missing if absent, which Kubernetes reads as true. */
  readonly serving?: boolean;
  /** `conditions.terminating`; missing if absent, which Kubernetes reads as false. */
  readonly terminating?: boolean;
  /** `hints.forZones[].name`. */
  readonly forZones?: readonly string[];
  /** `hints.forNodes[].name`. */
  readonly forNodes?: readonly string[];
}

/** What a {@link slice} is made of. */
export interface SliceFields {
  /** The Service it belongs to; without it the label is missing. */
  readonly service?: string;
  /** `default` if absent. */
  readonly namespace?: string;
  /** The Service's name with `-1` if absent. */
  readonly name?: string;
  /** `metadata.labels` beside the one that names the Service, which they may replace. */
  readonly labels?: Readonly<Record<string, string>>;
  /** `metadata.annotations`; missing if absent. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** That of the first endpoint if absent. */
  readonly addressType?: string;
  /** A number is a TCP port without a name. */
  readonly ports: readonly (number | { readonly name?: string; readonly protocol?: string; readonly port?: number })[];
  /** Text is the address of a ready endpoint without a node. */
  readonly endpoints?: readonly (string | EndpointFields)[];
}

/**
 * An EndpointSlice.
 *
 * @example slice({ service: 'web', ports: [8080], endpoints: [{ address: '10.244.0.1', nodeName: 'here' }] })
 */
export function slice(fields: SliceFields): EndpointSlice {
  const { service: owner, namespace = 'default', name = `${owner ?? 'slice'}-1`, labels, annotations } = fields;
  const endpoints = (fields.endpoints ?? []).map((endpoint) =>
    typeof endpoint === 'string' ? { address: endpoint } : endpoint,
  );
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      name,
      labels: { ...(owner === undefined ? {} : { [serviceNameLabel]: owner }), ...labels },
      ...(annotations === undefined ? {} : { annotations }),
    },
    addressType: fields.addressType ?? familyOf(endpoints[0]?.address ?? ''),
    ports: fields.ports.map((port) => (typeof port === 'number' ? { name: '', protocol: 'TCP', port } : port)),
    endpoints: endpoints.map(endpointOf),
  };
}

function endpointOf({ address, nodeName, zone, forZones, forNodes, ready = true, ...conditions }: EndpointFields) {
  const hints = {
    ...(forZones === undefined ? {} : { forZones: forZones.map((name) => ({ name })) }),
    ...(forNodes === undefined ? {} : { forNodes: forNodes.map((name) => ({ name })) }),
  };
  return {
    addresses: [address],
    conditions: { ready, ...conditions },
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(Object.keys(hints).length === 0 ? {} : { hints }),
  };
}

/** What a {@link node} is made of. */
export interface NodeFields {
  /** `metadata.name`. */
  readonly name: string;
  /** The label `topology.kubernetes.io/zone`; missing if absent. */
  readonly zone?: string;
  /** Its `InternalIP` addresses. */
  readonly addresses?: readonly string[];
  /** `spec.podCIDRs`; the first one is `spec.podCIDR` too. */
  readonly podCIDRs?: readonly string[];
}

/**
 * A Node.
 *
 * @example node({ name: 'here', zone: 'east', addresses: ['192.0.2.1'] })
 */
export function node({ name, zone, addresses = [], podCIDRs = [] }: NodeFields): Node {
  const [podCIDR] = podCIDRs;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: zone === undefined ? {} : { [zoneLabel]: zone } },
    spec: { ...(podCIDR === undefined ? {} : { podCIDR }), podCIDRs },
    status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
  };
}
