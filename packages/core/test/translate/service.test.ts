import { describe, expect, it, test } from 'vitest';
import {
  headlessLabel,
  serviceKeyOf,
  servicePortName,
  serviceProxyNameLabel,
  translateService,
} from '@nftproxier/core';
import type { Service, ServiceModel, ServicePort } from '@nftproxier/core';
import { service } from '@nftproxier/core/testing';
import type { ServiceFields } from '@nftproxier/core/testing';

const web = { name: 'web', clusterIP: '10.96.0.10', ports: [80] } satisfies ServiceFields;
const dual = { name: 'web', clusterIPs: ['10.96.0.10', 'fd00:96::10'], ports: [80] } satisfies ServiceFields;

function modelOf(fields: ServiceFields): ServiceModel {
  return translateService(service(fields)).model!;
}

/** The model of a Service of which nothing may be wrong. */
function clean(fields: ServiceFields): ServiceModel {
  const model = modelOf(fields);
  expect(model.diagnostics).toEqual([]);
  return model;
}

function portOf(fields: ServiceFields, family = 'IPv4'): ServicePort {
  return clean(fields).ports.find((port) => port.family === family)!;
}

describe('which Services are proxied', () => {
  const ignored: [string, ServiceFields][] = [
    ['without a cluster IP', { name: 'web', ports: [80] }],
    ['with an empty cluster IP', { ...web, clusterIP: '' }],
    ['headless', { ...web, clusterIP: 'None' }],
    ['ExternalName', { ...web, clusterIP: '', type: 'ExternalName' }],
    ['ExternalName that has a cluster IP', { ...web, type: 'ExternalName' }],
    ['another proxy’s', { ...web, labels: { [serviceProxyNameLabel]: 'other' } }],
    ['another proxy’s without a name', { ...web, labels: { [serviceProxyNameLabel]: '' } }],
    ['labelled headless', { ...web, labels: { [headlessLabel]: '' } }],
    ['without ports', { ...web, ports: [] }],
  ];
  test.each(ignored)('not one %s', (_, fields) => {
    expect(clean(fields).ports).toEqual([]);
  });

  it('reads one without a selector like any other', () => {
    expect(clean(web).ports).toHaveLength(1);
  });
});

describe('families', () => {
  const clusterIPs = (fields: ServiceFields): Record<string, string> =>
    Object.fromEntries(clean(fields).ports.map(({ family, clusterIP }) => [family, clusterIP]));

  const cases: [string, ServiceFields, Record<string, string>][] = [
    ['IPv4', web, { IPv4: '10.96.0.10' }],
    ['IPv6', { ...web, clusterIP: 'fd00:96::10' }, { IPv6: 'fd00:96::10' }],
    ['dual stack', dual, { IPv4: '10.96.0.10', IPv6: 'fd00:96::10' }],
    [
      'dual stack, IPv6 first',
      { ...dual, clusterIPs: ['fd00:96::10', '10.96.0.10'] },
      { IPv4: '10.96.0.10', IPv6: 'fd00:96::10' },
    ],
    ['no ipFamilies, IPv4', { ...web, ipFamilies: [] }, { IPv4: '10.96.0.10' }],
    ['no ipFamilies, IPv6', { ...web, clusterIP: 'fd00:96::10', ipFamilies: [] }, { IPv6: 'fd00:96::10' }],
    [
      'no ipFamilies: clusterIPs are not read',
      { ...dual, ipFamilies: [], clusterIP: '10.96.0.11' },
      { IPv4: '10.96.0.11' },
    ],
    [
      'the place in ipFamilies decides',
      { ...dual, clusterIP: '10.9.9.9' },
      { IPv4: '10.96.0.10', IPv6: 'fd00:96::10' },
    ],
    ['leading zeros', { ...web, clusterIP: '010.096.000.010' }, { IPv4: '10.96.0.10' }],
    ['IPv4-mapped', { ...web, clusterIP: '::ffff:10.96.0.10', ipFamilies: ['IPv4'] }, { IPv4: '10.96.0.10' }],
  ];
  test.each(cases)('%s', (_, fields, expected) => {
    expect(clusterIPs(fields)).toEqual(expected);
  });

  it('splits addresses and ranges by family', () => {
    const fields = {
      ...dual,
      externalIPs: ['192.0.2.2', '2001:db8::2', '192.0.2.1', '192.0.2.1'],
      loadBalancerIPs: ['2001:db8::3', '203.0.113.3'],
      loadBalancerSourceRanges: ['198.51.100.0/24', '2001:db8:1::/48', '198.51.100.7/32'],
    };
    expect(portOf(fields, 'IPv4')).toMatchObject({
      externalIPs: ['192.0.2.1', '192.0.2.2'],
      loadBalancerIPs: ['203.0.113.3'],
      sourceRanges: ['198.51.100.0/24'],
    });
    expect(portOf(fields, 'IPv6')).toMatchObject({
      externalIPs: ['2001:db8::2'],
      loadBalancerIPs: ['2001:db8::3'],
      sourceRanges: ['2001:db8:1::/48'],
    });
  });
});

describe('what a port yields', () => {
  it('has nothing where the Service says nothing', () => {
    expect(portOf(web)).toEqual({
      portName: '',
      protocol: 'TCP',
      family: 'IPv4',
      clusterIP: '10.96.0.10',
      port: 80,
      nodePort: 0,
      loadBalancerIPs: [],
      externalIPs: [],
      sourceRanges: [],
      affinity: undefined,
      externalTrafficPolicy: 'Cluster',
      internalTrafficPolicy: 'Cluster',
    });
  });

  const protocols: [string | undefined, string][] = [
    [undefined, 'TCP'],
    ['', 'TCP'],
    ['TCP', 'TCP'],
    ['UDP', 'UDP'],
    ['SCTP', 'SCTP'],
  ];
  test.each(protocols)('protocol %j is %s', (protocol, expected) => {
    const port = protocol === undefined ? { port: 80 } : { port: 80, protocol };
    expect(portOf({ ...web, ports: [port] }).protocol).toBe(expected);
  });

  it('may have one name, port and node port for several protocols', () => {
    const ports = ['TCP', 'UDP'].map((protocol) => ({ name: 'dns', protocol, port: 53, nodePort: 30053 }));
    expect(clean({ ...web, ports }).ports.map(({ protocol, nodePort }) => [protocol, nodePort])).toEqual([
      ['TCP', 30053],
      ['UDP', 30053],
    ]);
  });

  test.each(['ClusterIP', 'NodePort', 'LoadBalancer', undefined])('node port and VIPs count, type %s', (type) => {
    const fields: ServiceFields = {
      ...web,
      ...(type === undefined ? {} : { type }),
      ports: [{ port: 80, nodePort: 12345 }],
      loadBalancerIPs: ['203.0.113.1'],
    };
    expect(portOf(fields)).toMatchObject({ nodePort: 12345, loadBalancerIPs: ['203.0.113.1'] });
  });

  const ingress: [string, Record<string, unknown>, string[]][] = [
    ['without ipMode', { ip: '203.0.113.1' }, ['203.0.113.1']],
    ['VIP', { ip: '203.0.113.1', ipMode: 'VIP' }, ['203.0.113.1']],
    ['ipMode null', { ip: '203.0.113.1', ipMode: null }, ['203.0.113.1']],
    ['Proxy', { ip: '203.0.113.1', ipMode: 'Proxy' }, []],
    ['a mode of the future', { ip: '203.0.113.1', ipMode: 'Tunnel' }, []],
    ['hostname only', { hostname: 'lb.example' }, []],
    ['hostname and address', { hostname: 'lb.example', ip: '203.0.113.1' }, ['203.0.113.1']],
    ['empty address', { ip: '' }, []],
    ['blank address', { ip: '  ' }, []],
    ['of the other family', { ip: '2001:db8::1' }, []],
  ];
  test.each(ingress)('ingress %s', (_, entry, expected) => {
    expect(portOf({ ...web, status: { loadBalancer: { ingress: [entry] } } }).loadBalancerIPs).toEqual(expected);
  });

  it('leaves out blank external IPs without a word', () => {
    expect(portOf({ ...web, externalIPs: ['', ' ', '192.0.2.1'] }).externalIPs).toEqual(['192.0.2.1']);
  });

  const ranges: [string, string[], string[]][] = [
    ['none', [], []],
    ['white space', [' 198.51.100.0/24 '], ['198.51.100.0/24']],
    ['blank entries', ['', ' ', '198.51.100.0/24'], ['198.51.100.0/24']],
    ['host bits', ['198.51.100.7/24'], ['198.51.100.0/24']],
    ['nested and duplicate', ['198.51.100.0/24', '198.51.100.0/25', '198.51.100.0/24'], ['198.51.100.0/24']],
    ['everything', ['198.51.100.0/24', '0.0.0.0/0'], []],
    ['everything of the other family', ['198.51.100.0/24', '::/0'], ['198.51.100.0/24']],
    ['only the other family: unfiltered', ['2001:db8::/32'], []],
  ];
  test.each(ranges)('source ranges, %s', (_, loadBalancerSourceRanges, expected) => {
    expect(portOf({ ...web, loadBalancerSourceRanges }).sourceRanges).toEqual(expected);
  });

  const affinities: [string, Partial<ServiceFields>, number | undefined][] = [
    ['None', { sessionAffinity: 'None' }, undefined],
    ['empty', { sessionAffinity: '' }, undefined],
    ['ClientIP', { sessionAffinity: 'ClientIP' }, 10_800],
    ['ClientIP with a timeout', clientIP(90), 90],
    ['the shortest', clientIP(1), 1],
    ['the longest', clientIP(86_400), 86_400],
    ['a timeout alone', { sessionAffinityConfig: { clientIP: { timeoutSeconds: 90 } } }, undefined],
  ];
  test.each(affinities)('affinity %s', (_, fields, timeoutSeconds) => {
    const expected = timeoutSeconds === undefined ? undefined : { timeoutSeconds };
    expect(portOf({ ...web, ...fields }).affinity).toEqual(expected);
  });

  const local = { externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' } as const;
  const policies: [string, Partial<ServiceFields>, string, string][] = [
    ['absent', {}, 'Cluster', 'Cluster'],
    ['Local, nothing external', { ...local, type: 'ClusterIP' }, 'Cluster', 'Local'],
    [
      'Local, nothing external but a node port',
      { ...local, ports: [{ port: 80, nodePort: 30000 }] },
      'Cluster',
      'Local',
    ],
    ['Local, no type', local, 'Cluster', 'Local'],
    ['Local, NodePort', { ...local, type: 'NodePort' }, 'Local', 'Local'],
    ['Local, LoadBalancer', { ...local, type: 'LoadBalancer', healthCheckNodePort: 31000 }, 'Local', 'Local'],
    ['Local, external IPs', { ...local, externalIPs: ['192.0.2.1'] }, 'Local', 'Local'],
    [
      'Cluster',
      { externalTrafficPolicy: 'Cluster', internalTrafficPolicy: 'Cluster', type: 'NodePort' },
      'Cluster',
      'Cluster',
    ],
  ];
  test.each(policies)('traffic policies %s', (_, fields, externalTrafficPolicy, internalTrafficPolicy) => {
    expect(portOf({ ...web, ...fields })).toMatchObject({ externalTrafficPolicy, internalTrafficPolicy });
  });

  const health: [string, Partial<ServiceFields>, number][] = [
    ['LoadBalancer and Local', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }, 31_000],
    ['Cluster', { type: 'LoadBalancer', externalTrafficPolicy: 'Cluster' }, 0],
    ['no policy', { type: 'LoadBalancer' }, 0],
    ['NodePort', { type: 'NodePort', externalTrafficPolicy: 'Local' }, 0],
  ];
  test.each(health)('health-check node port, %s', (_, fields, expected) => {
    expect(clean({ ...web, ...fields, healthCheckNodePort: 31_000 }).healthCheckNodePort).toBe(expected);
  });
});

describe('identity', () => {
  it('keeps uid and age', () => {
    const model = clean({ ...web, uid: 'abc', created: '2026-01-01T00:00:00Z' });
    expect(model).toMatchObject({ key: 'default/web', namespace: 'default', name: 'web', uid: 'abc' });
    expect(model.created).toBe(Date.UTC(2026, 0, 1));
  });

  const ages: [string, unknown, number][] = [
    ['a Date', new Date(5000), 5000],
    ['absent', undefined, Infinity],
    ['no time', 'yesterday', Infinity],
    ['a number', 5000, Infinity],
    ['an invalid Date', new Date(NaN), Infinity],
  ];
  test.each(ages)('created, %s', (_, creationTimestamp, expected) => {
    const object = { ...service(web), metadata: { name: 'web', creationTimestamp } } as Service;
    expect(translateService(object).model?.created).toBe(expected);
  });

  const keys: [string, unknown, string | undefined][] = [
    ['as it is', { namespace: 'shop', name: 'web' }, 'shop/web'],
    ['no namespace', { name: 'web' }, 'default/web'],
    ['a name that starts with a digit', { namespace: 'shop', name: '9web' }, 'shop/9web'],
    ['63 characters', { namespace: 'shop', name: 'a'.repeat(63) }, `shop/${'a'.repeat(63)}`],
    ['64 characters', { namespace: 'shop', name: 'a'.repeat(64) }, undefined],
    ['upper case', { namespace: 'shop', name: 'Web' }, undefined],
    ['a dot', { namespace: 'shop', name: 'web.shop' }, undefined],
    ['a slash', { namespace: 'shop', name: 'web/x' }, undefined],
    ['a dash at the end', { namespace: 'shop', name: 'web-' }, undefined],
    ['a line feed', { namespace: 'shop', name: 'web\n' }, undefined],
    ['an empty name', { namespace: 'shop', name: '' }, undefined],
    ['an empty namespace', { namespace: '', name: 'web' }, undefined],
    ['a list', { namespace: ['shop'], name: ['web'] }, undefined],
    ['no name', { namespace: 'shop' }, undefined],
    ['no metadata', undefined, undefined],
  ];
  test.each(keys)('%s', (_, metadata, expected) => {
    const object = { ...service(web), metadata } as Service;
    expect(serviceKeyOf(object)).toBe(expected);
    const { model, diagnostics } = translateService(object);
    expect(model?.key).toBe(expected);
    expect(diagnostics.map(({ code }) => code)).toEqual(expected === undefined ? ['invalid-name'] : []);
  });

  it('names a service port as kube-proxy does', () => {
    expect(servicePortName('shop/web', '')).toBe('shop/web');
    expect(servicePortName('shop/web', 'http')).toBe('shop/web:http');
  });
});

function clientIP(timeoutSeconds: number): Partial<ServiceFields> {
  return { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } };
}
