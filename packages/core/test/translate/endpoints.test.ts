import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { endpointsOf, translateService, translateSlice } from '@nftproxier/core';
import type { ServicePort, SliceModel } from '@nftproxier/core';
import { seededRandom, service, shuffled, slice } from '@nftproxier/core/testing';
import type { EndpointFields, SliceFields } from '@nftproxier/core/testing';

const portsOf = (...names: string[]): readonly ServicePort[] => {
  const ports = names.map((name, at) => ({ name, port: 80 + at }));
  return translateService(service({ name: 'web', clusterIPs: ['10.96.0.10', 'fd00:96::10'], ports })).model!.ports;
};
const [unnamed] = portsOf('') as [ServicePort];
const ready = { ready: true, serving: true, terminating: false };
const terminating = { ready: false, serving: true, terminating: true };

function sliceOf(name: string, fields: Partial<SliceFields>): SliceModel {
  return translateSlice(slice({ name, service: 'web', ports: [8080], ...fields })).model!;
}

function texts(slices: readonly SliceModel[], port = unnamed): readonly string[] {
  return endpointsOf(slices, port).map((endpoint) => `${endpoint.address}:${String(endpoint.port)}`);
}

describe('the join of ports', () => {
  it('is by name and protocol, and the slice says the number', () => {
    const [http, dns] = portsOf('http', 'dns') as [ServicePort, ServicePort];
    const slices = [
      sliceOf('a', {
        ports: [
          { name: 'http', port: 8080 },
          { name: 'dns', protocol: 'UDP', port: 53 },
        ],
        endpoints: ['10.0.0.1'],
      }),
      sliceOf('b', { ports: [{ name: 'http', port: 9090 }], endpoints: ['10.0.0.2'] }),
      sliceOf('c', { ports: [{ name: 'dns', port: 5353 }], endpoints: ['10.0.0.3'] }),
    ];
    expect(texts(slices, http)).toEqual(['10.0.0.1:8080', '10.0.0.2:9090']);
    expect(texts(slices, dns)).toEqual(['10.0.0.3:5353']);
    expect(texts(slices, { ...dns, protocol: 'UDP' })).toEqual(['10.0.0.1:53']);
    expect(texts(slices, unnamed)).toEqual([]);
  });

  it('is by family', () => {
    const slices = [sliceOf('a', { endpoints: ['10.0.0.1'] }), sliceOf('b', { endpoints: ['fd00::1'] })];
    expect(texts(slices)).toEqual(['10.0.0.1:8080']);
    expect(texts(slices, { ...unnamed, family: 'IPv6' })).toEqual(['fd00::1:8080']);
  });

  it('has nothing without slices', () => {
    expect(endpointsOf([], unnamed)).toEqual([]);
  });
});

describe('an endpoint in several slices', () => {
  const copies: [string, Omit<EndpointFields, 'address'>[], Partial<EndpointFields>][] = [
    ['not terminating beats terminating', [terminating, ready], ready],
    ['also when it came first', [ready, terminating], ready],
    [
      'not terminating beats terminating, ready or not',
      [terminating, { ready: false, serving: false, terminating: false }],
      { terminating: false },
    ],
    ['ready beats not ready', [{ ...ready, ready: false }, ready], ready],
    ['serving beats not serving', [{ ...terminating, serving: false }, terminating], terminating],
    [
      'then the slice first by name',
      [
        { ...ready, nodeName: 'one' },
        { ...ready, nodeName: 'two' },
      ],
      { nodeName: 'one' },
    ],
  ];
  test.each(copies)('%s', (_, conditions, expected) => {
    const slices = conditions.map((fields, at) =>
      sliceOf(`slice-${String(at)}`, { endpoints: [{ address: '10.0.0.1', ...fields }] }),
    );
    for (const inOrder of [slices, [...slices].reverse()]) {
      const endpoints = endpointsOf(inOrder, unnamed);
      expect(endpoints).toHaveLength(1);
      expect(endpoints[0]).toMatchObject(expected);
    }
  });

  it('stays while one slice has it', () => {
    const both = [sliceOf('a', { endpoints: ['10.0.0.1'] }), sliceOf('b', { endpoints: ['10.0.0.1'] })];
    expect(texts(both)).toEqual(['10.0.0.1:8080']);
    expect(texts(both.slice(1))).toEqual(['10.0.0.1:8080']);
  });

  it('is two on two ports', () => {
    const slices = [
      sliceOf('a', { endpoints: ['10.0.0.1'] }),
      sliceOf('b', { ports: [9090], endpoints: ['10.0.0.1'] }),
    ];
    expect(texts(slices)).toEqual(['10.0.0.1:8080', '10.0.0.1:9090']);
  });

  it('counts once within one slice', () => {
    const endpoints = [{ address: '10.0.0.1', ...terminating }, '10.0.0.1', '010.0.0.1'];
    expect(endpointsOf([sliceOf('a', { endpoints })], unnamed)).toMatchObject([{ address: '10.0.0.1', ...ready }]);
  });
});

it('sorts by address and port text', () => {
  const endpoints = ['10.0.0.9', '10.0.0.10', '10.0.0.2'];
  expect(texts([sliceOf('b', { endpoints }), sliceOf('a', { ports: [90], endpoints: ['10.0.0.2'] })])).toEqual([
    '10.0.0.10:8080',
    '10.0.0.2:8080',
    '10.0.0.2:90',
    '10.0.0.9:8080',
  ]);
});

it('does not depend on the order of slices, and leaves its input as it is', () => {
  const conditions = fc.constantFrom(ready, terminating, { ...ready, ready: false });
  const endpoint = fc.tuple(fc.integer({ min: 1, max: 4 }), conditions, fc.constantFrom('here', 'there'));
  fc.assert(
    fc.property(fc.array(fc.array(endpoint, { maxLength: 5 }), { maxLength: 4 }), fc.integer(), (lists, seed) => {
      const slices = lists.map((list, at) =>
        sliceOf(`slice-${String(at)}`, {
          addressType: 'IPv4',
          endpoints: list.map(([last, flags, nodeName]) => ({ address: `10.0.0.${String(last)}`, nodeName, ...flags })),
        }),
      );
      const before = structuredClone(slices);
      const expected = endpointsOf(slices, unnamed);
      expect(endpointsOf(shuffled(seededRandom(seed), slices), unnamed)).toEqual(expected);
      expect(slices).toEqual(before);
    }),
  );
});
