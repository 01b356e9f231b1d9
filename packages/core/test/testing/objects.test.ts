import { describe, expect, it } from 'vitest';
import { translateService, translateSlice } from '@nftproxier/core';
import {
  below,
  node,
  oneOf,
  randomEvent,
  randomWorld,
  seededRandom,
  service,
  shuffled,
  slice,
  smallWorld,
  someOf,
} from '@nftproxier/core/testing';

describe('service', () => {
  it('is what the API server would return', () => {
    expect(
      service({ name: 'web', clusterIP: '10.96.0.10', ports: [80, { name: 'dns', port: 53, protocol: 'UDP' }] }),
    ).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'default', name: 'web' },
      spec: {
        clusterIP: '10.96.0.10',
        clusterIPs: ['10.96.0.10'],
        ipFamilies: ['IPv4'],
        ports: [
          { port: 80, protocol: 'TCP' },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      },
    });
  });

  it('takes fields of spec by their names, and has short forms for the rest', () => {
    const object = service({
      name: 'web',
      namespace: 'shop',
      uid: 'abc',
      created: '2026-01-01T00:00:00Z',
      labels: { app: 'web' },
      clusterIPs: ['fd00:96::1', '10.96.0.1'],
      externalTrafficPolicy: 'Local',
      loadBalancerIPs: ['203.0.113.1'],
    });
    expect(object).toMatchObject({
      metadata: { namespace: 'shop', uid: 'abc', creationTimestamp: '2026-01-01T00:00:00Z', labels: { app: 'web' } },
      spec: { clusterIP: 'fd00:96::1', ipFamilies: ['IPv6', 'IPv4'], externalTrafficPolicy: 'Local', ports: [] },
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } },
    });
    expect(object.spec).not.toHaveProperty('loadBalancerIPs');
  });

  it('may be headless', () => {
    expect(service({ name: 'web', clusterIP: 'None' }).spec).not.toHaveProperty('ipFamilies');
  });
});

describe('slice', () => {
  it('is what the EndpointSlice controller would write', () => {
    const endpoint = {
      address: 'fd00::1',
      nodeName: 'here',
      ready: false,
      serving: true,
      terminating: true,
      forZones: ['east'],
    };
    expect(slice({ service: 'web', ports: [8080], endpoints: [endpoint, 'fd00::2'] })).toEqual({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv6',
      ports: [{ name: '', protocol: 'TCP', port: 8080 }],
      endpoints: [
        {
          addresses: ['fd00::1'],
          conditions: { ready: false, serving: true, terminating: true },
          nodeName: 'here',
          hints: { forZones: [{ name: 'east' }] },
        },
        { addresses: ['fd00::2'], conditions: { ready: true } },
      ],
    });
  });
});

describe('node', () => {
  it('has a zone, addresses and ranges', () => {
    expect(node({ name: 'here', zone: 'east', addresses: ['192.0.2.1'], podCIDRs: ['10.244.0.0/24'] })).toMatchObject({
      metadata: { name: 'here', labels: { 'topology.kubernetes.io/zone': 'east' } },
      spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] },
      status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] },
    });
  });
});

describe('what is drawn at random', () => {
  it('is the same for the same seed, and not for another', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7).every((value) => value >= 0 && value < 1)).toBe(true);
  });

  it('comes from what it is drawn from', () => {
    const random = seededRandom(1);
    for (let times = 0; times < 100; times += 1) {
      expect([0, 1, 2]).toContain(below(random, 3));
      expect(['a', 'b']).toContain(oneOf(random, ['a', 'b']));
    }
    expect(shuffled(random, [1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4]);
    expect(someOf(random, [1, 2, 3], 1)).toEqual([1, 2, 3]);
    expect(someOf(random, [1, 2, 3], 0)).toEqual([]);
  });

  it('is objects that can be read', () => {
    const random = seededRandom(1);
    const { services, slices } = randomWorld(random);
    expect(services.map((each) => translateService(each).model?.key)).toEqual(
      Array.from({ length: smallWorld.services }, (_, index) => `default/service-${String(index)}`),
    );
    expect(slices.filter((each) => translateSlice(each).model !== undefined).length).toBeGreaterThan(slices.length / 2);
    const event = randomEvent(random);
    expect(['set', 'delete']).toContain(event.verb);
  });
});
