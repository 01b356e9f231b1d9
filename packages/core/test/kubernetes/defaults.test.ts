import { describe, expect, it } from 'vitest';
import { Planner, nodeView, withDefaults } from '../../src/index.js';
import type { EndpointSlice, KubernetesObject, Service } from '../../src/index.js';

describe('withDefaults', () => {
  const table: readonly (readonly [string, object, object])[] = [
    [
      'a Service with nothing but an address and a port',
      { kind: 'Service', metadata: { name: 'web' }, spec: { clusterIP: '10.96.0.1', ports: [{ port: 80 }] } },
      {
        kind: 'Service',
        metadata: { namespace: 'default', name: 'web' },
        spec: {
          type: 'ClusterIP',
          sessionAffinity: 'None',
          internalTrafficPolicy: 'Cluster',
          clusterIP: '10.96.0.1',
          clusterIPs: ['10.96.0.1'],
          ipFamilies: ['IPv4'],
          ports: [{ protocol: 'TCP', port: 80 }],
        },
      },
    ],
    [
      'a dual-stack Service that names clusterIPs alone',
      { kind: 'Service', metadata: { name: 'web' }, spec: { clusterIPs: ['fd00::1', '10.96.0.1'] } },
      { spec: { clusterIP: 'fd00::1', ipFamilies: ['IPv6', 'IPv4'] } },
    ],
    [
      'a headless Service, whose families nobody can know',
      { kind: 'Service', metadata: { name: 'web' }, spec: { clusterIP: 'None' } },
      { spec: { clusterIPs: ['None'], clusterIP: 'None' } },
    ],
    [
      'a slice whose port has no name',
      { kind: 'EndpointSlice', metadata: { name: 'web-1' }, ports: [{ port: 8080 }, { name: null, port: 53 }] },
      {
        metadata: { namespace: 'default' },
        ports: [
          { name: '', protocol: 'TCP', port: 8080 },
          { name: '', protocol: 'TCP', port: 53 },
        ],
      },
    ],
    [
      'what is there',
      { kind: 'EndpointSlice', metadata: { namespace: 'shop' }, ports: [{ name: 'dns', protocol: 'UDP', port: 53 }] },
      { metadata: { namespace: 'shop' }, ports: [{ name: 'dns', protocol: 'UDP', port: 53 }] },
    ],
    ['other kinds', { kind: 'Node', metadata: { name: 'a' } }, { kind: 'Node', metadata: { name: 'a' } }],
  ];
  it.each(table)('%s', (_, object, expected) => {
    expect(withDefaults(object as KubernetesObject)).toMatchObject(expected);
  });

  const nonsense: readonly unknown[] = [
    { kind: 'Service' },
    { kind: 'Service', spec: null },
    { kind: 'Service', spec: 'x' },
    { kind: 'Service', metadata: null, spec: { clusterIPs: 'x', ports: { port: 80 } } },
    { kind: 'Service', spec: { clusterIPs: [1, null], ports: [null, 'x', 80, []] } },
    { kind: 'EndpointSlice', ports: 'x' },
    { kind: 'EndpointSlice', ports: [null, 'x'] },
  ];
  it.each(nonsense.map((object) => [JSON.stringify(object), object] as const))(
    'leaves %s to the reader',
    (_, object) => {
      expect(() => withDefaults(object as KubernetesObject)).not.toThrow();
    },
  );

  it('makes plain manifests work as in a cluster', () => {
    const service = withDefaults<Service>({
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { clusterIP: '10.96.0.1', ports: [{ port: 80 }] },
    });
    const slice = withDefaults<EndpointSlice>({
      kind: 'EndpointSlice',
      metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [{ port: 8080 }],
      endpoints: [{ addresses: ['10.244.0.1'] }],
    });
    const planner = new Planner(nodeView('here'));
    planner.setService(service);
    planner.setEndpointSlice(slice);
    const [change] = planner.takeChanges();
    expect(change?.plan?.ports[0]?.cluster).toEqual([{ address: '10.244.0.1', port: 8080, local: false }]);
  });
});
