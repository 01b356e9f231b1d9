import { describe, expect, it, test } from 'vitest';
import { familiesOf } from '@nftproxier/core';
import type { Backend, HealthCheck, NodeView, ServicePlan } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import type { ServiceFields, SliceFields } from '@nftproxier/core/testing';
import { frontendTexts, planned } from './planned.js';

const web = { name: 'web', clusterIP: '10.96.0.10', ports: [80] } satisfies ServiceFields;
const local = { address: '10.244.0.1', nodeName: 'here' };
const remote = { address: '10.244.1.1', nodeName: 'there' };
const pods = slice({ service: 'web', ports: [8080], endpoints: [remote, local] });

function backends(list: readonly Backend[] | undefined): string[] | undefined {
  return list?.map(({ address, port, local: isLocal }) => `${address}:${String(port)}${isLocal ? ' local' : ''}`);
}

describe('a Service with enormously many ports and endpoints', () => {
  const ports = Array.from({ length: 500 }, (_, index) => ({ name: `p${String(index)}`, port: 1_000 + index }));
  const endpoints = Array.from({ length: 401 }, (_, index) => `10.244.${String(index >> 8)}.${String(index & 255)}`);
  const of = (count: number) =>
    planned(service({ ...web, ports }), [slice({ service: 'web', ports, endpoints: endpoints.slice(0, count) })]);

  it('has 200,000 pairs of them, and says that there are more', () => {
    const plan = of(401);
    expect(new Set(plan.ports.map(({ cluster }) => cluster.length))).toEqual(new Set([400]));
    expect(plan.diagnostics[0]).toMatchObject({
      code: 'too-many',
      kind: 'Service',
      name: 'web',
      field: 'spec.ports[p0]',
      message: 'of 401 entries only the first 400 are used',
    });
    expect(plan.diagnostics.length).toBeLessThanOrEqual(32);
  });

  it('has all of them up to there, and nothing is said', () => {
    const plan = of(400);
    expect(new Set(plan.ports.map(({ cluster }) => cluster.length))).toEqual(new Set([400]));
    expect(plan.diagnostics).toEqual([]);
  });
});

describe('a plan', () => {
  it('has everything of a service port', () => {
    const plan = planned(service({ ...web, sessionAffinity: 'ClientIP' }), [pods]);
    expect(plan).toEqual({
      service: 'default/web',
      ports: [
        {
          portName: '',
          protocol: 'TCP',
          family: 'IPv4',
          clusterIP: '10.96.0.10',
          frontends: [
            {
              kind: 'ClusterIP',
              address: '10.96.0.10',
              port: 80,
              outcome: expect.anything() as unknown,
              sourceRanges: [],
            },
          ],
          cluster: [
            { address: '10.244.0.1', port: 8080, local: true },
            { address: '10.244.1.1', port: 8080, local: false },
          ],
          local: [],
          serving: [],
          algorithm: { kind: 'random' },
          affinity: { timeoutSeconds: 10_800 },
        },
      ],
      healthCheck: undefined,
      diagnostics: [],
    });
  });

  it('has the families that the node serves', () => {
    const object = service({ ...web, clusterIPs: ['10.96.0.10', 'fd00:96::10'] });
    const families = (...served: NodeView['families']) => familiesOf(planned(object, [], { families: served }));
    expect(families('IPv4', 'IPv6')).toEqual(['IPv4', 'IPv6']);
    expect(families('IPv6')).toEqual(['IPv6']);
    expect(families()).toEqual([]);
  });

  it('has no ports for a Service that no proxy implements', () => {
    expect(planned(service({ ...web, clusterIP: 'None' }), [pods])).toMatchObject({ ports: [], diagnostics: [] });
  });

  it('has what was wrong with the Service, then with its slices by name', () => {
    const bad = (name: string): SliceFields => ({
      service: 'web',
      name,
      ports: [8080],
      endpoints: [`${name}.example`],
    });
    const slices = ['b', 'a'].map((name) => slice({ ...bad(name), addressType: 'IPv4' }));
    const { diagnostics } = planned(service({ ...web, externalIPs: ['x'] }), slices);
    expect(diagnostics.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'Service web',
      'EndpointSlice a',
      'EndpointSlice b',
    ]);
  });
});

describe('backends', () => {
  it('are those of either list, and know whether they are here', () => {
    const fields = { ...web, internalTrafficPolicy: 'Local', ports: [{ port: 80, nodePort: 30_080 }] };
    const [port] = planned(service(fields), [pods]).ports;
    expect(backends(port?.cluster)).toEqual(['10.244.0.1:8080 local', '10.244.1.1:8080']);
    expect(backends(port?.local)).toEqual(['10.244.0.1:8080 local']);
    expect(port?.local[0]).toBe(port?.cluster[0]);
  });

  test.each(['UDP', 'SCTP'])('%s flows may go on to all that serve, whatever policies and hints say', (protocol) => {
    const endpoints = [
      { ...local, forZones: ['east'] },
      { ...remote, forZones: ['west'] },
      { address: '10.244.1.2', nodeName: 'there', ready: false, serving: true, terminating: true },
      { address: '10.244.1.3', nodeName: 'there', ready: false, serving: false, terminating: true },
    ];
    const ports = [{ port: 53, protocol }];
    const slices = [slice({ service: 'web', ports: [{ name: '', port: 5353, protocol }], endpoints })];
    const [port] = planned(service({ ...web, ports, internalTrafficPolicy: 'Local' }), slices, { zone: 'east' }).ports;
    expect(backends(port?.local)).toEqual(['10.244.0.1:5353 local']);
    expect(backends(port?.serving)).toEqual(['10.244.0.1:5353 local', '10.244.1.1:5353', '10.244.1.2:5353']);
  });
});

describe('frontends', () => {
  const everything = {
    ...web,
    ports: [{ port: 80, nodePort: 30_080 }],
    externalIPs: ['192.0.2.2', '192.0.2.1'],
    loadBalancerIPs: ['203.0.113.1'],
  } satisfies ServiceFields;

  it('come in a fixed order', () => {
    expect(frontendTexts(planned(service(everything), []))).toEqual([
      'ClusterIP 10.96.0.10:80',
      'ExternalIP 192.0.2.1:80',
      'ExternalIP 192.0.2.2:80',
      'LoadBalancerIP 203.0.113.1:80',
      'NodePort 30080',
    ]);
  });

  it('have no external addresses where those are switched off', () => {
    const plan = planned(service(everything), [pods], { allowExternalIPs: false });
    expect(frontendTexts(plan)).toEqual(['ClusterIP 10.96.0.10:80', 'LoadBalancerIP 203.0.113.1:80', 'NodePort 30080']);
  });

  it('do not make a Service reachable by external addresses that are switched off', () => {
    const fields = { ...web, externalIPs: ['192.0.2.1'], internalTrafficPolicy: 'Local' };
    const [port] = planned(service(fields), [pods], { allowExternalIPs: false }).ports;
    expect(backends(port?.cluster)).toEqual([]);
  });

  it('have an address that is both external and the load balancer’s once, with its source ranges', () => {
    const fields = { ...web, externalIPs: ['203.0.113.1'], loadBalancerIPs: ['203.0.113.1'] };
    const plan = planned(service({ ...fields, loadBalancerSourceRanges: ['198.51.100.0/24'] }), []);
    expect(frontendTexts(plan)).toEqual(['ClusterIP 10.96.0.10:80', 'LoadBalancerIP 203.0.113.1:80']);
    expect(plan.ports[0]?.frontends[1]).toMatchObject({ sourceRanges: ['198.51.100.0/24'] });
  });

  it('have the cluster IP once where it is asked for from outside too', () => {
    const fields = { ...web, externalIPs: ['10.96.0.10'], loadBalancerIPs: ['10.96.0.10'] };
    const plan = planned(service(fields), []);
    expect(frontendTexts(plan)).toEqual(['ClusterIP 10.96.0.10:80']);
    expect(plan.diagnostics).toEqual([]);
  });
});

describe('source ranges', () => {
  const fields = {
    ...web,
    clusterIPs: ['10.96.0.10', 'fd00:96::10'],
    ports: [{ port: 80, nodePort: 30_080 }],
    externalIPs: ['192.0.2.1'],
    loadBalancerIPs: ['203.0.113.1', '203.0.113.2', '2001:db8::1'],
    loadBalancerSourceRanges: ['198.51.100.0/24', '2001:db8:1::/48'],
  } satisfies ServiceFields;

  function ranges(node: Partial<NodeView>, changes: Partial<ServiceFields> = {}): Record<string, readonly string[]> {
    const { ports }: ServicePlan = planned(service({ ...fields, ...changes }), [], node);
    return Object.fromEntries(
      ports.flatMap(({ frontends }) =>
        frontends.flatMap((frontend) =>
          frontend.kind === 'NodePort' ? [] : [[frontend.address, frontend.sourceRanges] as const],
        ),
      ),
    );
  }

  it('hold for the load balancer’s addresses alone', () => {
    expect(ranges({})).toEqual({
      '10.96.0.10': [],
      '192.0.2.1': [],
      '203.0.113.1': ['198.51.100.0/24'],
      '203.0.113.2': ['198.51.100.0/24'],
      'fd00:96::10': [],
      '2001:db8::1': ['2001:db8:1::/48'],
    });
  });

  it('that allow this node allow the Service’s own load-balancer addresses, by family', () => {
    expect(ranges({ addresses: ['198.51.100.7', '2001:db8:2::7'] })).toMatchObject({
      '203.0.113.1': ['198.51.100.0/24', '203.0.113.1/32', '203.0.113.2/32'],
      '203.0.113.2': ['198.51.100.0/24', '203.0.113.1/32', '203.0.113.2/32'],
      '2001:db8::1': ['2001:db8:1::/48'],
    });
    expect(ranges({ addresses: ['192.0.2.7', '2001:db8:1::7'] })).toMatchObject({
      '203.0.113.1': ['198.51.100.0/24'],
      '2001:db8::1': ['2001:db8:1::/48', '2001:db8::1/128'],
    });
  });

  it('look at the primary address of the node only', () => {
    expect(ranges({ addresses: ['192.0.2.7', '198.51.100.7'] })['203.0.113.1']).toEqual(['198.51.100.0/24']);
  });

  it('stay collapsed', () => {
    const loadBalancerSourceRanges = ['198.51.100.0/24', '203.0.113.0/24'];
    expect(ranges({ addresses: ['198.51.100.7'] }, { loadBalancerSourceRanges })['203.0.113.1']).toEqual([
      '198.51.100.0/24',
      '203.0.113.0/24',
    ]);
  });

  it('that allow everyone stay absent', () => {
    const loadBalancerSourceRanges = ['0.0.0.0/0'];
    expect(ranges({ addresses: ['198.51.100.7'] }, { loadBalancerSourceRanges })['203.0.113.1']).toEqual([]);
  });
});

describe('health check', () => {
  const balanced = {
    ...web,
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 31_000,
    loadBalancerIPs: ['203.0.113.1'],
  } satisfies ServiceFields;

  function localEndpoints(fields: ServiceFields, ...slices: SliceFields[]): HealthCheck['localEndpoints'] | undefined {
    return planned(service(fields), slices.map(slice)).healthCheck?.localEndpoints;
  }

  it('counts distinct addresses of ready endpoints on this node', () => {
    const endpoints = [local, { ...local, address: '10.244.0.2' }, remote, '10.244.0.3'];
    expect(planned(service(balanced), [slice({ service: 'web', ports: [8080], endpoints })]).healthCheck).toEqual({
      nodePort: 31_000,
      localEndpoints: { IPv4: 2 },
    });
  });

  it('counts an address once, whatever the number of ports and slices', () => {
    const ports = [
      { name: 'a', port: 80 },
      { name: 'b', port: 81 },
    ];
    const twice = ['one', 'two'].map((name) => ({ service: 'web', name, ports, endpoints: [local] }));
    expect(localEndpoints({ ...balanced, ports }, ...twice)).toEqual({ IPv4: 1 });
  });

  it('does not count those that are leaving, though they still serve', () => {
    const leaving = { ...local, ready: false, serving: true, terminating: true };
    expect(localEndpoints(balanced, { service: 'web', ports: [8080], endpoints: [leaving] })).toEqual({ IPv4: 0 });
  });

  it('counts by family, and only families that the Service has and the node serves', () => {
    const fields = { ...balanced, clusterIPs: ['10.96.0.10', 'fd00:96::10'] };
    const families = ['10.244.0.1', 'fd00:244::1'].map((address) => ({
      service: 'web',
      name: address.includes(':') ? 'six' : 'four',
      ports: [8080],
      endpoints: [{ address, nodeName: 'here' }],
    }));
    expect(localEndpoints(fields, ...families)).toEqual({ IPv4: 1, IPv6: 1 });
    expect(localEndpoints(balanced, ...families)).toEqual({ IPv4: 1 });
    const onlyIPv6 = planned(service(fields), families.map(slice), { families: ['IPv6'] });
    expect(onlyIPv6.healthCheck?.localEndpoints).toEqual({ IPv6: 1 });
  });

  it('is absent without a health-check node port', () => {
    expect(localEndpoints({ ...balanced, externalTrafficPolicy: 'Cluster' })).toBeUndefined();
  });
});
