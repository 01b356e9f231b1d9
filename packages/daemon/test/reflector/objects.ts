import type { NewObject } from '../../../../test/api-server/index.js';

/** A Service with one port; `version` makes one state differ from another. */
export function service(name: string, version = 0, more: { uid?: string; namespace?: string } = {}): NewObject {
  return {
    kind: 'Service',
    metadata: {
      name,
      namespace: more.namespace ?? 'shop',
      ...(more.uid === undefined ? {} : { uid: more.uid }),
      annotations: { 'nftproxier.test/version': String(version) },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.1',
      clusterIPs: ['10.96.0.1'],
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
    },
  };
}

/** An EndpointSlice of `service` with IPv4 endpoints. */
export function slice(name: string, owner: string, addresses: readonly string[]): NewObject {
  return {
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': owner } },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  };
}
