import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseAddress,
  parseCidr,
  Planner,
  nodeView,
  scopeOf,
  translateService,
  translateSlice,
} from '@nftproxier/core';
import type { Diagnostic, EndpointSlice, Service, ServiceModel, SliceModel } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';

type Path = readonly (string | number)[];

const goodService = service({
  name: 'web',
  uid: 'abc',
  created: '2026-01-01T00:00:00Z',
  labels: { app: 'web' },
  type: 'LoadBalancer',
  clusterIPs: ['10.96.0.10', 'fd00:96::10'],
  ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30_080 }],
  externalIPs: ['192.0.2.1'],
  externalTrafficPolicy: 'Local',
  internalTrafficPolicy: 'Cluster',
  sessionAffinity: 'ClientIP',
  sessionAffinityConfig: { clientIP: { timeoutSeconds: 90 } },
  loadBalancerSourceRanges: ['198.51.100.0/24'],
  healthCheckNodePort: 31_000,
  status: { loadBalancer: { ingress: [{ ip: '203.0.113.1', ipMode: 'VIP', hostname: 'lb.example' }] } },
});

const goodSlice = slice({
  service: 'web',
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  endpoints: [
    {
      address: '10.244.0.1',
      nodeName: 'here',
      serving: true,
      terminating: false,
      forZones: ['east'],
      forNodes: ['here'],
    },
  ],
});

/** Text that means something to nft, a shell, a terminal or JavaScript. */
const evil = fc.constantFrom<unknown>(
  '10.0.0.1 }; flush ruleset; {',
  '"; reboot',
  '$(reboot)',
  '../../etc',
  '__proto__',
  'constructor',
  '\u001b[2J',
  '\u0000',
  'ｗｅｂ',
  'a'.repeat(100_000),
  Object.freeze({ toString: 1, valueOf: 1 }),
  Object.freeze({ toJSON: 'x', length: 3 }),
  circular(),
  JSON.parse('{"__proto__": {"ip": "203.0.113.9"}, "constructor": {"prototype": 1}}'),
);
const anything = fc.oneof(
  evil,
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withNullPrototype: true }),
  fc.anything({ withSparseArray: true, withTypedArray: true, withObjectString: true, withBoxedValues: true }),
);

describe('a Service', () => {
  it.each(pathsOf(goodService).map((path) => [path.join('.'), path] as const))('with anything at %s', (_, path) => {
    fc.assert(
      fc.property(anything, (value) => {
        const { model, diagnostics } = translateService(replaced(goodService, path, value) as Service);
        checkDiagnostics(diagnostics);
        if (model !== undefined) checkService(model);
      }),
      { numRuns: 20 },
    );
  });

  it('that is anything', () => {
    fc.assert(fc.property(anything, (value) => translateService(value as Service).model === undefined));
  });
});

describe('an EndpointSlice', () => {
  it.each(pathsOf(goodSlice).map((path) => [path.join('.'), path] as const))('with anything at %s', (_, path) => {
    fc.assert(
      fc.property(anything, (value) => {
        const { model, diagnostics } = translateSlice(replaced(goodSlice, path, value) as EndpointSlice);
        checkDiagnostics(diagnostics);
        if (model !== undefined) checkSlice(model);
      }),
      { numRuns: 20 },
    );
  });

  it('that is anything', () => {
    fc.assert(fc.property(anything, (value) => translateSlice(value as EndpointSlice).model === undefined));
  });
});

describe('the planner', () => {
  it('survives a hostile Service and slice, and forgets them', () => {
    const paths = fc.tuple(fc.constantFrom(...pathsOf(goodService)), fc.constantFrom(...pathsOf(goodSlice)));
    fc.assert(
      fc.property(paths, anything, anything, ([servicePath, slicePath], a, b) => {
        const planner = new Planner(nodeView('here'));
        const badService = replaced(goodService, servicePath, a) as Service;
        const badSlice = replaced(goodSlice, slicePath, b) as EndpointSlice;
        planner.setService(badService);
        planner.setEndpointSlice(badSlice);
        for (const { plan } of planner.takeChanges()) checkDiagnostics(plan?.diagnostics ?? []);
        for (const diagnostics of planner.orphans.values()) checkDiagnostics(diagnostics);
        planner.replaceServices([badService]);
        planner.replaceEndpointSlices([badSlice]);
        planner.deleteEndpointSlice(badSlice);
        planner.deleteService(badService);
        planner.takeChanges();
        expect(planner.plans.size).toBe(0);
        expect([...planner.orphans]).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it.each([null, undefined, 5, 'x', []])('is not impressed by an object that is %j', (value) => {
    const planner = new Planner(nodeView('here'));
    planner.setService(value as unknown as Service);
    planner.setEndpointSlice(value as unknown as EndpointSlice);
    expect([...planner.orphans.keys()]).toEqual(['Service undefined/undefined', 'EndpointSlice undefined/undefined']);
    planner.deleteService(value as unknown as Service);
    planner.deleteEndpointSlice(value as unknown as EndpointSlice);
    expect(planner.orphans.size).toBe(0);
    expect(planner.pending).toBe(false);
  });
});

function checkDiagnostics(diagnostics: readonly Diagnostic[]): void {
  for (const { message, namespace, name, field } of diagnostics) {
    for (const text of [message, namespace, name]) expect(text).toMatch(/^[\x20-\x7e]{1,300}$/);
    expect(field.length).toBeLessThan(100);
  }
}

const label = /^[a-z0-9-]{1,63}$/;

function checkService({ key, ports, healthCheckNodePort, created, diagnostics }: ServiceModel): void {
  expect(key.split('/').every((part) => label.test(part))).toBe(true);
  expect(diagnostics.length).toBeLessThanOrEqual(32);
  expect(healthCheckNodePort === 0 || isPort(healthCheckNodePort)).toBe(true);
  expect(created).not.toBeNaN();
  for (const port of ports) {
    expect(port.portName === '' || label.test(port.portName)).toBe(true);
    expect(['TCP', 'UDP', 'SCTP']).toContain(port.protocol);
    expect(isPort(port.port) && (port.nodePort === 0 || isPort(port.nodePort))).toBe(true);
    for (const address of [port.clusterIP, ...port.externalIPs, ...port.loadBalancerIPs]) checkAddress(address);
    for (const range of port.sourceRanges) expect(parseCidr(range)).toBe(range);
    const seconds = port.affinity?.timeoutSeconds ?? 1;
    expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_400).toBe(true);
    for (const policy of [port.externalTrafficPolicy, port.internalTrafficPolicy]) {
      expect(['Cluster', 'Local']).toContain(policy);
    }
  }
}

function checkSlice({ service: owner, family, ports, endpoints, diagnostics }: SliceModel): void {
  expect(owner.split('/').every((part) => label.test(part))).toBe(true);
  expect(['IPv4', 'IPv6']).toContain(family);
  expect(diagnostics.length).toBeLessThanOrEqual(32);
  for (const { name, protocol, port } of ports) {
    expect(typeof name).toBe('string');
    expect(['TCP', 'UDP', 'SCTP']).toContain(protocol);
    expect(isPort(port)).toBe(true);
  }
  for (const endpoint of endpoints) {
    checkAddress(endpoint.address);
    expect([endpoint.ready, endpoint.serving, endpoint.terminating].every((flag) => typeof flag === 'boolean')).toBe(
      true,
    );
    const texts = [endpoint.nodeName, ...endpoint.zoneHints, ...endpoint.nodeHints];
    expect(texts.every((text) => typeof text === 'string')).toBe(true);
  }
}

function checkAddress(address: string): void {
  const parsed = parseAddress(address);
  expect(parsed).toBe(address);
  expect(scopeOf(parsed!)).toBe('unicast');
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}

/** Every place in an object, the object's own fields first. */
function pathsOf(value: unknown, before: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...before, Array.isArray(value) ? Number(key) : key];
    return [path, ...pathsOf(inner, path)];
  });
}

function replaced(object: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  const copy = (Array.isArray(object) ? [...(object as unknown[])] : { ...(object as object) }) as Record<
    string,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, value);
  return copy;
}

function circular(): unknown {
  const list: unknown[] = [];
  list.push(list);
  return list;
}
