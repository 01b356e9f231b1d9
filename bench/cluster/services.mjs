// A made-up cluster: Services of one TCP port with their EndpointSlices, as a controller would write them.

/**
 * @typedef {object} Size
 * @property {number} services
 * @property {number} endpoints of each Service
 */

/** @typedef {import('@nftproxier/core').Service} Service */
/** @typedef {import('@nftproxier/core').EndpointSlice} EndpointSlice */

/** Nodes that endpoints are spread over; the one whose table is written is `node-0`. */
const nodes = 500;

/** The node whose table is written. */
export const nodeName = 'node-0';

/** What an API server allows in a slice. */
const endpointsPerSlice = 1_000;

/**
 * @param {number} index
 * @param {object} [options]
 * @param {'TCP' | 'UDP'} [options.protocol]
 * @param {boolean} [options.affinity] ClientIP session affinity
 * @returns {Service}
 */
export function serviceAt(index, { protocol = 'TCP', affinity = false } = {}) {
  const address = clusterIP(index);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: nameOf(index), namespace: 'shop', creationTimestamp: '2026-11-22T06:00:00Z' },
    spec: {
      clusterIP: address,
      clusterIPs: [address],
      ipFamilies: ['IPv4'],
      ports: [{ name: 'http', protocol, port: 80 }],
      ...(affinity ? { sessionAffinity: 'ClientIP' } : {}),
    },
  };
}

/**
 * The slices of a Service whose endpoints are pods of the given numbers.
 *
 * @param {number} index of the Service
 * @param {readonly number[]} pods any numbers, each once
 * @param {'TCP' | 'UDP'} [protocol]
 * @returns {EndpointSlice[]}
 */
export function slicesOf(index, pods, protocol = 'TCP') {
  const parts = Math.max(1, Math.ceil(pods.length / endpointsPerSlice));
  return Array.from({ length: parts }, (_, part) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${nameOf(index)}-${part}`,
      namespace: 'shop',
      labels: { 'kubernetes.io/service-name': nameOf(index) },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol, port: 8080 }],
    endpoints: pods.slice(part * endpointsPerSlice, (part + 1) * endpointsPerSlice).map((pod) => ({
      addresses: [podIP(pod)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${pod % nodes}`,
    })),
  }));
}

/**
 * The pods that a Service has at first: numbers that no other Service has.
 *
 * @param {number} index of the Service
 * @param {number} endpoints
 */
export function firstPods(index, endpoints) {
  return Array.from({ length: endpoints }, (_, endpoint) => index * endpoints + endpoint);
}

/** @param {number} index */
export function nameOf(index) {
  return `service-${String(index).padStart(6, '0')}`;
}

/** @param {number} index */
export function clusterIP(index) {
  return `10.${96 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
}

/** @param {number} pod below 4 million */
function podIP(pod) {
  return `10.${128 + ((pod >> 16) & 63)}.${(pod >> 8) & 255}.${pod & 255}`;
}
