import { Planner, nodeView } from '@nftproxier/core';
import type { EndpointSlice, Service } from '@nftproxier/core';
import { describe, expect, it } from 'vitest';
import { KubeProxy } from '../../bench/baseline/kube-proxy.mjs';

/** kube-proxy 1.36 as its own test `TestSyncProxyRulesRepeated` sees it: operations of one sync after another. */
class World {
  readonly planner = new Planner(nodeView('node-a', { families: ['IPv4'] }));
  readonly writer = new KubeProxy('10.244.0.0/16');

  service(name: string, ...endpoints: readonly string[]): this {
    this.planner.setService(service(name, { type: 'ClusterIP' }));
    return this.endpoints(name, ...endpoints);
  }

  endpoints(name: string, ...endpoints: readonly string[]): this {
    this.planner.setEndpointSlice(slice(name, endpoints));
    return this;
  }

  sync(): readonly string[] {
    return this.writer.sync(this.planner.takeChanges());
  }
}

function service(name: string, spec: NonNullable<Service['spec']>): Service {
  const clusterIP = `172.30.0.${name.replace(/\D/g, '')}`;
  const port = { name: 'p80', protocol: 'TCP', port: 80 };
  return {
    metadata: { namespace: 'ns', name, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { clusterIP, clusterIPs: [clusterIP], ipFamilies: ['IPv4'], ports: [port], ...spec },
  };
}

function slice(name: string, endpoints: readonly string[], nodeName = 'node-a'): EndpointSlice {
  return {
    metadata: { namespace: 'ns', name: `${name}-a`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'p80', protocol: 'TCP', port: 80 }],
    endpoints: endpoints.map((address) => ({ addresses: [address], nodeName })),
  };
}

const services = (operations: readonly string[]): readonly string[] =>
  operations.filter((operation) => /(?:service|local|external|firewall|endpoint|affinity)-\w{8}-ns\//.test(operation));

describe('the baseline writes as many operations as kube-proxy 1.36 does', () => {
  it('changes of ClusterIP Services with local endpoints', () => {
    const world = new World().service('svc41', '10.180.0.1').service('svc42', '10.180.0.2');
    world.sync();
    const counts: Record<string, number> = {};
    const step = (what: string): void => {
      counts[what] = world.sync().length;
    };
    step('nothing changed');
    world.service('svc43', '10.180.0.3');
    step('new Service with an endpoint');
    world.planner.deleteService(service('svc42', {}));
    world.planner.deleteEndpointSlice(slice('svc42', []));
    step('Service deleted');
    world.service('svc44');
    step('new Service without endpoints');
    world.endpoints('svc44', '10.180.0.4');
    step('its first endpoint');
    world.endpoints('svc43', '10.180.0.5');
    step('endpoint replaced');
    world.endpoints('svc43', '10.180.0.5', '10.180.0.6');
    step('endpoint added');
    world.endpoints('svc43');
    step('both endpoints gone');
    world.endpoints('svc43', '10.180.0.5', '10.180.0.6');
    step('both back');
    step('nothing changed again');
    expect(counts).toEqual({
      'nothing changed': 0,
      'new Service with an endpoint': 6,
      'Service deleted': 4,
      'new Service without endpoints': 2,
      'its first endpoint': 6,
      'endpoint replaced': 5,
      'endpoint added': 4,
      'both endpoints gone': 5,
      'both back': 7,
      'nothing changed again': 0,
    });
  });

  it('deletes chains that are no longer used in a later transaction, unless they are used again', () => {
    const world = new World().service('svc41', '10.180.0.1').service('svc42', '10.180.0.2');
    world.sync();
    world.endpoints('svc41').endpoints('svc42');
    world.sync();
    world.endpoints('svc42', '10.180.0.2');
    world.sync();
    expect(world.writer.cleanup()).toEqual([
      expect.stringMatching(/^delete chain ip kube-proxy service-\w{8}-ns\/svc41/),
    ]);
    expect(world.writer.cleanup()).toEqual([]);
  });
});

describe('the baseline has the objects that kube-proxy 1.36 has', () => {
  const everything = (): readonly string[] => {
    const world = new World().service('svc1', '10.180.1.1', '10.180.1.2').service('svc2');
    world.planner.setService(service('svc3', { type: 'ClusterIP', sessionAffinity: 'ClientIP' }));
    world.endpoints('svc3', '10.180.3.1', '10.180.3.2');
    world.planner.setService({
      ...service('svc4', {
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        loadBalancerSourceRanges: ['198.51.100.0/24'],
        ports: [{ name: 'p80', protocol: 'TCP', port: 80, nodePort: 30_080 }],
      }),
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.4' }] } },
    });
    world.endpoints('svc4', '10.180.4.1');
    return world.sync();
  };

  it('eight base chains, the fixed chains, and eight containers', () => {
    const operations = everything();
    const base = operations.filter((operation) => /^add chain .* hook /.test(operation));
    expect(new Set(base).size).toBe(8);
    const containers = operations.filter((operation) => /^add (set|map) ip kube-proxy (?!affinity-)/.test(operation));
    expect(containers.map((operation) => operation.split(' ')[4])).toEqual([
      ...['cluster-ips', 'nodeport-ips', 'hairpin-connections', 'service-ips', 'service-nodeports'],
      ...['no-endpoint-services', 'no-endpoint-nodeports', 'firewall-ips'],
    ]);
  });

  it('chains, an anonymous map of the endpoints and affinity sets per Service', () => {
    const operations = services(everything());
    const chains = operations.filter((operation) => operation.startsWith('add chain'));
    const kinds = chains.map((operation) => /(\w+)-\w{8}-ns/.exec(operation)?.[1]).sort();
    expect(kinds).toEqual([
      ...['endpoint', 'endpoint', 'external', 'firewall', 'local'],
      ...['service', 'service', 'service'],
    ]);
    // A service chain without affinity has one rule, with one anonymous map.
    const balancing = operations.filter((operation) => / dnat ip to numgen random mod \d+ map \{/.test(operation));
    expect(balancing).toHaveLength(3);
    expect(operations.filter((operation) => operation.startsWith('add set'))).toHaveLength(2);
    expect(operations.filter((operation) => operation.includes(' vmap { 0 : goto endpoint-'))).toHaveLength(1);
    expect(operations.filter((operation) => operation.startsWith('add element'))).toHaveLength(6);
  });

  it('10,000 Services of 5 endpoints: a chain, a rule, an anonymous map and two elements each', () => {
    const world = new World();
    world.sync();
    for (let index = 0; index < 10_000; index += 1) {
      const name = `svc${index}`;
      const clusterIP = `172.30.${index >> 8}.${index & 255}`;
      world.planner.setService(service(name, { clusterIP, clusterIPs: [clusterIP] }));
      const endpoints = [1, 2, 3, 4, 5].map((endpoint) => `10.${180 + endpoint}.${index >> 8}.${index & 255}`);
      world.planner.setEndpointSlice(slice(name, endpoints, 'node-b'));
    }
    const operations = world.sync();
    const count = (text: string): number => operations.filter((operation) => operation.startsWith(text)).length;
    expect([count('add chain'), count('flush chain'), count('add rule'), count('add element')]).toEqual([
      10_000, 10_000, 10_000, 20_000,
    ]);
    expect(operations.filter((operation) => operation.includes('numgen random mod 5 map {'))).toHaveLength(10_000);
  });
});
