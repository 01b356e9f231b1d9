import { describe, expect, it, test } from 'vitest';
import { headlessLabel, mostSliceEndpoints, serviceProxyNameLabel, sliceKeyOf, translateSlice } from '@nftproxier/core';
import type { EndpointSlice, SliceModel } from '@nftproxier/core';
import { slice } from '@nftproxier/core/testing';
import type { SliceFields } from '@nftproxier/core/testing';

const web = { service: 'web', ports: [8080], endpoints: ['10.244.0.1'] } satisfies SliceFields;

/** A good slice with fields of its own replaced. */
function translated(fields: Readonly<Record<string, unknown>>) {
  return translateSlice({ ...slice(web), ...fields });
}

function modelOf(fields: Readonly<Record<string, unknown>>): SliceModel {
  return translated(fields).model!;
}

const codes = ({ diagnostics }: Pick<SliceModel, 'diagnostics'>) => diagnostics.map(({ code, field }) => [code, field]);

describe('which slices are read', () => {
  it('reads one of a Service', () => {
    expect(translateSlice(slice(web))).toEqual({
      model: {
        key: 'default/web-1',
        service: 'default/web',
        family: 'IPv4',
        ports: [{ name: '', protocol: 'TCP', port: 8080 }],
        endpoints: [
          {
            address: '10.244.0.1',
            ready: true,
            serving: true,
            terminating: false,
            nodeName: '',
            zoneHints: [],
            nodeHints: [],
          },
        ],
        diagnostics: [],
      },
      diagnostics: [],
    });
  });

  it('takes the namespace of the slice for that of the Service', () => {
    expect(translateSlice(slice({ ...web, namespace: 'shop' })).model?.service).toBe('shop/web');
  });

  it('leaves a headless Service’s without a word', () => {
    expect(translateSlice(slice({ ...web, labels: { [headlessLabel]: '' } }))).toEqual({ diagnostics: [] });
  });

  it('reads one that has another proxy’s label: whose Service it is, the Service says', () => {
    expect(translateSlice(slice({ ...web, labels: { [serviceProxyNameLabel]: 'other' } })).model).toBeDefined();
  });

  const refused: [string, Readonly<Record<string, unknown>>, string, string][] = [
    ['no name', { metadata: { namespace: 'default' } }, 'invalid-name', 'metadata'],
    ['a name with a slash', { metadata: { name: 'a/b' } }, 'invalid-name', 'metadata'],
    ['a namespace with a dot', { metadata: { namespace: 'a.b', name: 'x' } }, 'invalid-name', 'metadata'],
    ['no metadata', { metadata: null }, 'invalid-name', 'metadata'],
    ['no label', { metadata: { name: 'x' } }, 'no-service', 'metadata.labels[kubernetes.io/service-name]'],
    ['an empty label', labelled(''), 'no-service', 'metadata.labels[kubernetes.io/service-name]'],
    ['a label that is no name', labelled('a/b'), 'no-service', 'metadata.labels[kubernetes.io/service-name]'],
    ['a label that is a number', labelled(5), 'no-service', 'metadata.labels[kubernetes.io/service-name]'],
    ['FQDN', { addressType: 'FQDN' }, 'unsupported-address-type', 'addressType'],
    ['no address type', { addressType: undefined }, 'unsupported-address-type', 'addressType'],
  ];
  test.each(refused)('not one with %s', (_, fields, code, field) => {
    const { model, diagnostics } = translated(fields);
    expect(model).toBeUndefined();
    expect(codes({ diagnostics })).toEqual([[code, field]]);
  });

  const keys: [string, unknown, string | undefined][] = [
    ['as it is', { namespace: 'shop', name: 'web-abc' }, 'shop/web-abc'],
    ['no namespace', { name: 'web' }, 'default/web'],
    ['dots', { name: 'web.v1.abc' }, 'default/web.v1.abc'],
    ['253 characters', { name: 'a'.repeat(253) }, `default/${'a'.repeat(253)}`],
    ['254 characters', { name: 'a'.repeat(254) }, undefined],
    ['upper case', { name: 'Web' }, undefined],
    ['a space', { name: 'web 1' }, undefined],
  ];
  test.each(keys)('key, %s', (_, metadata, key) => {
    expect(sliceKeyOf({ metadata } as EndpointSlice)).toBe(key);
  });
});

describe('ports', () => {
  const http = { name: 'http', protocol: 'TCP', port: 80 };
  const cases: [string, unknown, unknown[], unknown[]][] = [
    ['several', [http, { ...http, protocol: 'UDP' }], [http, { ...http, protocol: 'UDP' }], []],
    ['without protocol', [{ name: '', port: 80 }], [{ name: '', protocol: 'TCP', port: 80 }], []],
    ['without name', [{ port: 80 }, { name: null, port: 80 }, http], [http], []],
    ['without number', [{ name: 'x' }, { name: 'x', port: null }, { name: 'x', port: 0 }, http], [http], []],
    ['a name that is a number', [{ name: 5, port: 80 }, http], [http], []],
    ['one number under two names', [http, { ...http, name: 'web' }], [http, { ...http, name: 'web' }], []],
    ['too large', [{ name: 'x', port: 65_536 }, http], [http], [['invalid-port', 'ports[0].port']]],
    ['text', [{ name: 'x', port: '80' }, http], [http], [['invalid-port', 'ports[0].port']]],
    [
      'another protocol',
      [{ name: 'x', port: 1, protocol: 'ICMP' }, http],
      [http],
      [['invalid-protocol', 'ports[0].protocol']],
    ],
    ['one name twice', [http, { ...http, port: 81 }], [http], [['duplicate-port', 'ports[1]']]],
    ['no list', { 0: http }, [], [['invalid-value', 'ports']]],
    ['absent', undefined, [], []],
  ];
  test.each(cases)('%s', (_, ports, expected, problems) => {
    const model = modelOf({ ports });
    expect(model.ports).toEqual(expected);
    expect(codes(model)).toEqual(problems);
  });
});

describe('endpoints', () => {
  const conditions: [unknown, [boolean, boolean, boolean]][] = [
    [undefined, [true, true, false]],
    [null, [true, true, false]],
    [{}, [true, true, false]],
    [{ ready: null, serving: null, terminating: null }, [true, true, false]],
    [{ ready: true }, [true, true, false]],
    [{ ready: false }, [false, true, false]],
    [{ ready: false, serving: false }, [false, false, false]],
    [{ ready: false, serving: true, terminating: true }, [false, true, true]],
    [{ ready: false, serving: false, terminating: true }, [false, false, true]],
  ];
  test.each(conditions)('conditions %j', (given, [ready, serving, terminating]) => {
    const [endpoint] = modelOf({ endpoints: [{ addresses: ['10.244.0.1'], conditions: given }] }).endpoints;
    expect(endpoint).toMatchObject({ ready, serving, terminating });
  });

  const addresses: [string, unknown, string[], unknown[]][] = [
    ['the first counts', ['10.244.0.1', '10.244.0.2'], ['10.244.0.1'], []],
    ['leading zeros', ['010.244.000.001'], ['10.244.0.1'], []],
    ['none', [], [], []],
    ['absent', undefined, [], []],
    ['no list', '10.244.0.1', [], [['invalid-value', 'endpoints[0].addresses']]],
    ['a name', ['localhost'], [], [['invalid-address', 'endpoints[0].addresses[0]']]],
    ['only the second is good', ['x', '10.244.0.2'], [], [['invalid-address', 'endpoints[0].addresses[0]']]],
    ['other family', ['fd00::1'], [], [['wrong-family', 'endpoints[0].addresses[0]']]],
    ['loopback', ['127.0.0.1'], [], [['forbidden-address', 'endpoints[0].addresses[0]']]],
    ['metadata service', ['169.254.169.254'], [], [['forbidden-address', 'endpoints[0].addresses[0]']]],
    ['unspecified', ['0.0.0.0'], [], [['forbidden-address', 'endpoints[0].addresses[0]']]],
    ['multicast', ['224.0.0.1'], [], [['forbidden-address', 'endpoints[0].addresses[0]']]],
  ];
  test.each(addresses)('address: %s', (_, given, expected, problems) => {
    const model = modelOf({ endpoints: [{ addresses: given }] });
    expect(model.endpoints.map(({ address }) => address)).toEqual(expected);
    expect(codes(model)).toEqual(problems);
  });

  it('reads node and hints', () => {
    const endpoint = { address: '10.244.0.1', nodeName: 'here', forZones: ['east', 'west'], forNodes: ['here'] };
    const [read] = translateSlice(slice({ ...web, endpoints: [endpoint] })).model!.endpoints;
    expect(read).toMatchObject({ nodeName: 'here', zoneHints: ['east', 'west'], nodeHints: ['here'] });
  });

  const hints: [unknown, string[]][] = [
    [undefined, []],
    [null, []],
    [{ forZones: [{ name: 'east' }, {}, null, { name: 5 }] }, ['east']],
    [{ forZones: { name: 'east' } }, []],
  ];
  test.each(hints)('hints %j', (given, zoneHints) => {
    const [endpoint] = modelOf({ endpoints: [{ addresses: ['10.244.0.1'], hints: given }] }).endpoints;
    expect(endpoint?.zoneHints).toEqual(zoneHints);
  });

  it('uses so many', () => {
    const endpoints = Array.from(
      { length: mostSliceEndpoints + 1 },
      (_, at) => `10.0.${String(at >> 8)}.${String(at & 255)}`,
    );
    const { model } = translateSlice(slice({ ...web, endpoints }));
    expect(model?.endpoints).toHaveLength(mostSliceEndpoints);
    expect(codes(model!)).toEqual([['too-many', 'endpoints']]);
  });
});

function labelled(name: unknown): Readonly<Record<string, unknown>> {
  return { metadata: { name: 'x', labels: { 'kubernetes.io/service-name': name } } };
}
