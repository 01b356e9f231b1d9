import { familyOf, parseAddress } from '../net/index.js';
import type { KubernetesObject } from './objects.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The object with those fields filled in that the API server fills in where a manifest leaves them out, as far as a proxy
 * reads them. What is there stays as it is, also where it makes no sense. Other kinds than Service and EndpointSlice are
 * returned as they are.
 *
 * Objects from an API server have these fields; objects that were written by hand should pass through here, or a slice
 * port without a name belongs to no port of its Service. Addresses and node ports are not invented: a Service without
 * `clusterIP` stays without one.
 *
 * @example
 * ```ts
 * import { withDefaults } from '@nftproxier/core';
 *
 * const slice = withDefaults({ kind: 'EndpointSlice', metadata: { name: 'web-1' }, ports: [{ port: 8080 }] });
 * slice.ports; // => [{ name: '', protocol: 'TCP', port: 8080 }]
 * ```
 *
 * @see {@link https://kubernetes.io/docs/reference/kubernetes-api/service-resources/} for each field's default.
 */
export function withDefaults<T extends KubernetesObject>(object: T): T {
  switch (object.kind) {
    case 'Service':
      return { ...object, metadata: namespaced(object), ...serviceFields(object) };
    case 'EndpointSlice':
      return { ...object, metadata: namespaced(object), ...ports(object as Fields, { name: '', protocol: 'TCP' }) };
    default:
      return object;
  }
}

function namespaced({ metadata }: KubernetesObject): KubernetesObject['metadata'] {
  return { namespace: 'default', ...metadata };
}

function serviceFields(service: object): Fields {
  const spec = fieldsOf((service as Fields)['spec']);
  if (spec === undefined) return {};
  const defaults = { type: 'ClusterIP', sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' };
  return { spec: { ...defaults, ...present(spec), ...addresses(spec), ...ports(spec, { protocol: 'TCP' }) } };
}

/** `clusterIP` is the first of `clusterIPs`, and `ipFamilies` are theirs. */
function addresses(spec: Fields): Fields {
  const all: unknown = spec['clusterIPs'] ?? (spec['clusterIP'] === undefined ? undefined : [spec['clusterIP']]);
  if (!Array.isArray(all) || all.length === 0) return {};
  const clusterIPs = all as readonly unknown[];
  const parsed = clusterIPs.flatMap((text) => parseAddress(text) ?? []);
  return {
    clusterIPs,
    clusterIP: spec['clusterIP'] ?? clusterIPs[0],
    ...(spec['ipFamilies'] === undefined &&
      parsed.length === clusterIPs.length && { ipFamilies: parsed.map((address) => familyOf(address)) }),
  };
}

/** The `ports` of a Service's spec or of a slice, each with defaults; nothing where they are no list. */
function ports({ ports: list }: Fields, defaults: Fields): Fields {
  if (!Array.isArray(list)) return {};
  const withAll = (one: unknown): unknown => {
    const fields = fieldsOf(one);
    return fields === undefined ? one : { ...defaults, ...present(fields) };
  };
  return { ports: (list as readonly unknown[]).map(withAll) };
}

/** `name: null` in a manifest means what leaving it out means. */
function present(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
