import { describe, expect, it, test } from 'vitest';
import { mostServiceAddresses, mostServicePorts, translateService } from '@nftproxier/core';
import type { Service, ServiceModel } from '@nftproxier/core';
import { service } from '@nftproxier/core/testing';

/** Any fields of `spec`: what an API server would refuse, a manifest may have. */
type Bad = Readonly<Record<string, unknown>>;

const web = service({ name: 'web', clusterIP: '10.96.0.10', ports: [80] });

/** A good Service with fields of its `spec` replaced. */
function modelOf(fields: Bad): ServiceModel {
  const clusterIPs = 'clusterIP' in fields ? { clusterIPs: [fields['clusterIP']] } : {};
  return translateService({ ...web, spec: { ...web.spec, ...clusterIPs, ...fields } } as Service).model!;
}

function clientIP(timeoutSeconds: unknown): Bad {
  return { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } };
}

describe('what cannot be used is reported, and the rest is used', () => {
  const anyPort = { name: 'p', protocol: 'TCP', port: 80 };
  const cases: [string, Bad, string, string, number][] = [
    ['cluster IP that is none', { clusterIP: 'ten' }, 'invalid-address', 'spec.clusterIPs[0]', 0],
    ['cluster IP that is a number', { clusterIP: 10 }, 'invalid-address', 'spec.clusterIP', 0],
    ['cluster IP without families', { clusterIP: 'ten', ipFamilies: [] }, 'invalid-address', 'spec.clusterIP', 0],
    ['cluster IP on loopback', { clusterIP: '127.0.0.1' }, 'forbidden-address', 'spec.clusterIPs[0]', 0],
    ['link-local cluster IP', { clusterIP: 'fe80::1' }, 'forbidden-address', 'spec.clusterIPs[0]', 0],
    ['cluster IP of the other family', { ipFamilies: ['IPv6'] }, 'wrong-family', 'spec.clusterIPs[0]', 0],
    ['cluster IP missing', { ipFamilies: ['IPv4', 'IPv6'] }, 'invalid-address', 'spec.clusterIPs[1]', 1],
    ['family that is none', { ipFamilies: ['IPv4', 'ipv6'] }, 'invalid-value', 'spec.ipFamilies[1]', 1],
    ['families that are no list', { ipFamilies: 'IPv4' }, 'invalid-value', 'spec.ipFamilies', 1],
    ['ports that are no list', { ports: { port: 80 } }, 'invalid-value', 'spec.ports', 0],
    ['port that is no object', { ports: ['80', anyPort] }, 'invalid-port', 'spec.ports[0].port', 1],
    ['port 0', { ports: [{ port: 0 }, anyPort] }, 'invalid-port', 'spec.ports[0].port', 1],
    ['port too large', { ports: [{ port: 65_536 }, anyPort] }, 'invalid-port', 'spec.ports[0].port', 1],
    ['port with a fraction', { ports: [{ port: 80.5 }, anyPort] }, 'invalid-port', 'spec.ports[0].port', 1],
    ['port that is text', { ports: [{ port: '80' }, anyPort] }, 'invalid-port', 'spec.ports[0].port', 1],
    ['negative node port', { ports: [{ ...anyPort, nodePort: -1 }] }, 'invalid-port', 'spec.ports[0].nodePort', 1],
    [
      'node port that is text',
      { ports: [{ ...anyPort, nodePort: '30000' }] },
      'invalid-port',
      'spec.ports[0].nodePort',
      1,
    ],
    ['port name', { ports: [{ name: 'P_1', port: 1 }, anyPort] }, 'invalid-name', 'spec.ports[0].name', 1],
    [
      'port name that is a list',
      { ports: [{ name: ['p'], port: 1 }, anyPort] },
      'invalid-name',
      'spec.ports[0].name',
      1,
    ],
    ['protocol', { ports: [{ port: 1, protocol: 'tcp' }, anyPort] }, 'invalid-protocol', 'spec.ports[0].protocol', 1],
    [
      'protocol that is a list',
      { ports: [{ port: 1, protocol: ['TCP'] }, anyPort] },
      'invalid-protocol',
      'spec.ports[0].protocol',
      1,
    ],
    [
      'two ports with one number',
      { ports: [anyPort, { ...anyPort, name: 'q' }] },
      'duplicate-port',
      'spec.ports[1]',
      1,
    ],
    ['two ports with one name', { ports: [anyPort, { ...anyPort, port: 81 }] }, 'duplicate-port', 'spec.ports[1]', 1],
    ['two ports without a name', { ports: [{ port: 1 }, { port: 2 }] }, 'duplicate-port', 'spec.ports[1]', 1],
    [
      'two ports with one node port',
      {
        ports: [
          { ...anyPort, nodePort: 30_000 },
          { name: 'q', port: 81, nodePort: 30_000 },
        ],
      },
      'duplicate-port',
      'spec.ports[1].nodePort',
      2,
    ],
    ['external IP', { externalIPs: ['192.0.2.1', 'x'] }, 'invalid-address', 'spec.externalIPs[1]', 1],
    ['external IP that is a number', { externalIPs: [5] }, 'invalid-address', 'spec.externalIPs[0]', 1],
    ['external IP on loopback', { externalIPs: ['127.0.0.1'] }, 'forbidden-address', 'spec.externalIPs[0]', 1],
    [
      'external IP of a metadata service',
      { externalIPs: ['169.254.169.254'] },
      'forbidden-address',
      'spec.externalIPs[0]',
      1,
    ],
    ['external IPs that are text', { externalIPs: '192.0.2.1' }, 'invalid-value', 'spec.externalIPs', 1],
    [
      'source range',
      { loadBalancerSourceRanges: ['192.0.2.1'] },
      'invalid-value',
      'spec.loadBalancerSourceRanges[0]',
      1,
    ],
    [
      'source ranges that are text',
      { loadBalancerSourceRanges: '::/0' },
      'invalid-value',
      'spec.loadBalancerSourceRanges',
      1,
    ],
    ['affinity', { sessionAffinity: 'Cookie' }, 'invalid-value', 'spec.sessionAffinity', 1],
    ['external policy', { externalTrafficPolicy: 'local' }, 'invalid-value', 'spec.externalTrafficPolicy', 1],
    ['internal policy', { internalTrafficPolicy: 1 }, 'invalid-value', 'spec.internalTrafficPolicy', 1],
    ...[0, -1, 86_401, 1.5, '90', NaN].map((timeoutSeconds): [string, Bad, string, string, number] => [
      `affinity for ${String(timeoutSeconds)} seconds`,
      clientIP(timeoutSeconds),
      'invalid-value',
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
      1,
    ]),
    ...[undefined, 0, 65_536, '31000'].map((healthCheckNodePort): [string, Bad, string, string, number] => [
      `health-check node port ${String(healthCheckNodePort)}`,
      { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort },
      'invalid-port',
      'spec.healthCheckNodePort',
      1,
    ]),
  ];
  test.each(cases)('%s', (_, fields, code, field, ports) => {
    const model = modelOf(fields);
    expect(model.diagnostics.map((found) => [found.code, found.field])).toEqual([[code, field]]);
    expect(model.ports).toHaveLength(ports);
  });

  it('says which object, and quotes what it found', () => {
    const [found] = modelOf({ externalIPs: ['x'] }).diagnostics;
    expect(found).toEqual({
      code: 'invalid-address',
      kind: 'Service',
      namespace: 'default',
      name: 'web',
      field: 'spec.externalIPs[0]',
      message: '"x" is not an IP address; it is ignored until it is corrected',
    });
  });

  test.each([undefined, null, 5, 'spec', []])('a spec that is %j', (spec) => {
    const { model } = translateService({ ...web, spec } as Service);
    expect(model?.ports).toEqual([]);
    expect(model?.diagnostics.map(({ code, field }) => [code, field])).toEqual([['invalid-object', 'spec']]);
  });

  it('uses the default timeout where the given one cannot be used', () => {
    expect(modelOf(clientIP(0)).ports[0]?.affinity).toEqual({ timeoutSeconds: 10_800 });
  });

  it('uses the first of two node ports', () => {
    const ports = [80, 81].map((port) => ({ name: `p${String(port)}`, port, nodePort: 30_000 }));
    expect(modelOf({ ports }).ports.map(({ nodePort }) => nodePort)).toEqual([30_000, 0]);
  });

  it('reports an address once for both families', () => {
    const clusterIPs = ['10.96.0.10', 'fd00:96::10'];
    const fields = { clusterIPs, ipFamilies: ['IPv4', 'IPv6'], externalIPs: ['x'], loadBalancerSourceRanges: ['y'] };
    const { ports, diagnostics } = modelOf(fields);
    expect(ports).toHaveLength(2);
    expect(diagnostics).toHaveLength(2);
  });
});

describe('limits', () => {
  it('uses so many ports', () => {
    const ports = Array.from({ length: mostServicePorts + 5 }, (_, at) => ({ name: `p${String(at)}`, port: at + 1 }));
    const { ports: used, diagnostics } = modelOf({ ports });
    expect(used).toHaveLength(mostServicePorts);
    expect(diagnostics.map(({ code, field }) => [code, field])).toEqual([['too-many', 'spec.ports']]);
  });

  it('uses so many addresses', () => {
    const externalIPs = Array.from(
      { length: mostServiceAddresses + 1 },
      (_, at) => `10.0.${String(at >> 8)}.${String(at & 255)}`,
    );
    const { ports, diagnostics } = modelOf({ externalIPs });
    expect(ports[0]?.externalIPs).toHaveLength(mostServiceAddresses);
    expect(diagnostics.map(({ code, field }) => [code, field])).toEqual([['too-many', 'spec.externalIPs']]);
  });

  it('uses fewer addresses for each of many ports', () => {
    const ports = Array.from({ length: 100 }, (_, at) => ({ name: `p${String(at)}`, port: at + 1 }));
    const ingress = Array.from({ length: 201 }, (_, at) => ({ ip: `203.0.113.${String(at)}` }));
    const { model } = translateService({ ...web, spec: { ...web.spec, ports }, status: { loadBalancer: { ingress } } });
    expect(model?.ports.every(({ loadBalancerIPs }) => loadBalancerIPs.length === 200)).toBe(true);
    const problems = model?.diagnostics.map(({ code, field }) => [code, field]);
    expect(problems).toEqual([['too-many', 'status.loadBalancer.ingress']]);
  });

  it('reports so much, and that there is more', () => {
    const { diagnostics } = modelOf({ externalIPs: Array.from({ length: 100 }, () => 'x') });
    expect(diagnostics).toHaveLength(32);
    expect(diagnostics[31]).toMatchObject({
      code: 'too-many',
      message: expect.stringContaining('not listed') as string,
    });
  });
});
