import type { Family } from '../lab/index.js';
import type { StandInService } from './kube-proxy.js';
import type { TrafficTargets } from './traffic.js';

const pods = {
  IPv4: ['10.244.1.13', '10.244.1.14', '10.244.2.12'],
  IPv6: ['fd00:10:244:1::13', 'fd00:10:244:1::14', 'fd00:10:244:2::12'],
} as const;
const clusterIPs = { IPv4: '10.96.7.', IPv6: 'fd00:10:96::7' } as const;

/** What is served: TCP and UDP in every family, from pods of this node and of another. */
export function services(families: readonly Family[]): readonly StandInService[] {
  return families.flatMap((family, index) =>
    (['tcp', 'udp'] as const).map((protocol, number) => ({
      name: `web-${family.toLowerCase()}-${protocol}`,
      family,
      protocol,
      clusterIP: `${clusterIPs[family]}${String(number + 1)}`,
      port: 80,
      nodePort: 30_100 + 10 * index + number,
      endpoints: pods[family],
    })),
  );
}

const nodeAddress = { IPv4: '192.168.10.1', IPv6: 'fd00:192::1' } as const;

/** At cluster IPs and node ports. */
export function targets(families: readonly Family[]): TrafficTargets {
  const of = (wanted: 'tcp' | 'udp') =>
    services(families)
      .filter(({ protocol }) => protocol === wanted)
      .flatMap(({ family, clusterIP, port, nodePort }) => [
        { address: clusterIP, port },
        { address: nodeAddress[family], port: nodePort },
      ]);
  return { tcp: of('tcp'), udp: of('udp') };
}

/** The same as Kubernetes objects. */
export function manifests(families: readonly Family[]): object {
  const items = services(families).flatMap((service) => [serviceOf(service), sliceOf(service)]);
  const addresses = families.map((family) => ({ type: 'InternalIP', address: nodeAddress[family] }));
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' }, spec: {}, status: { addresses } };
  return { apiVersion: 'v1', kind: 'List', items: [node, ...items] };
}

function serviceOf({ name, family, protocol, clusterIP, port, nodePort }: StandInService): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'test', name },
    spec: {
      type: 'NodePort',
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: [family],
      ports: [{ name: 'p', protocol: protocol.toUpperCase(), port, nodePort, targetPort: 8080 }],
    },
  };
}

function sliceOf({ name, family, protocol, endpoints }: StandInService): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'test', name: `${name}-a`, labels: { 'kubernetes.io/service-name': name } },
    addressType: family,
    ports: [{ name: 'p', protocol: protocol.toUpperCase(), port: 8080 }],
    endpoints: endpoints.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
}
