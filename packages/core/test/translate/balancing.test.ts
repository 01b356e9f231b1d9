import { describe, expect, it, test } from 'vitest';
import { translateService, translateSlice } from '@nftproxier/core';
import type { BalancingWish } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';

function asked(annotations: Record<string, string>) {
  const { model, diagnostics } = translateService(
    service({ name: 'web', clusterIP: '10.96.0.1', ports: [80], annotations }),
  );
  return { balancing: model?.ports[0]?.balancing, diagnostics };
}

const algorithm = 'nftproxier.io/algorithm';
const hashKey = 'nftproxier.io/hash-key';
const tableSize = 'nftproxier.io/table-size';

describe('the annotations of a Service', () => {
  const good: [Record<string, string>, BalancingWish | undefined][] = [
    [{}, undefined],
    [{ 'example.com/algorithm': 'maglev' }, undefined],
    [{ [algorithm]: '' }, undefined],
    [{ [algorithm]: 'random' }, { algorithm: 'random' }],
    [{ [algorithm]: 'weighted' }, { algorithm: 'weighted' }],
    [{ [algorithm]: 'source-hash' }, { algorithm: 'source-hash' }],
    [
      { [algorithm]: 'maglev', [hashKey]: 'client-and-port', [tableSize]: '1021' },
      { algorithm: 'maglev', hashKey: 'client-and-port', tableSize: 1021 },
    ],
    // The algorithm may be that of the configuration.
    [{ [hashKey]: 'client' }, { hashKey: 'client' }],
    [{ [tableSize]: '65521' }, { tableSize: 65_521 }],
  ];
  test.each(good)('%j', (annotations, balancing) => {
    expect(asked(annotations)).toEqual({ balancing, diagnostics: [] });
  });

  const bad: [string, string, BalancingWish | undefined][] = [
    // Not the default of the configuration: whoever mistypes an algorithm gets the one that works for all.
    [algorithm, 'Maglev', { algorithm: 'random' }],
    [algorithm, 'round-robin', { algorithm: 'random' }],
    [algorithm, '__proto__', { algorithm: 'random' }],
    [algorithm, '"; flush ruleset; #', { algorithm: 'random' }],
    [algorithm, 'x'.repeat(1_000_000), { algorithm: 'random' }],
    [hashKey, 'cookie', undefined],
    [tableSize, '0', undefined],
    [tableSize, '-1', undefined],
    [tableSize, '1e3', undefined],
    [tableSize, '65522', undefined],
    [tableSize, '9'.repeat(100_000), undefined],
  ];
  test.each(bad)('%s: %.40s is reported', (name, value, balancing) => {
    const { balancing: found, diagnostics } = asked({ [name]: value });
    expect(found).toEqual(balancing);
    expect(diagnostics).toMatchObject([{ code: 'invalid-value', field: `metadata.annotations[${name}]` }]);
    expect(diagnostics[0]!.message.length).toBeLessThan(250);
  });

  it('may be of any type', () => {
    for (const annotations of [null, 1, 'maglev', [], { [algorithm]: { kind: 'maglev' }, [tableSize]: 251 }]) {
      const web = service({ name: 'web', clusterIP: '10.96.0.1', ports: [80] });
      const { model } = translateService({ ...web, metadata: { ...web.metadata, annotations: annotations as never } });
      expect(['random', undefined]).toContain(model?.ports[0]?.balancing?.algorithm);
    }
  });
});

function weighed(text: string) {
  const { model, diagnostics } = translateSlice(
    slice({
      service: 'web',
      annotations: { 'nftproxier.io/weights': text },
      ports: [80],
      endpoints: ['10.244.0.1', '10.244.0.2', '10.244.0.3'],
    }),
  );
  return { weights: model?.endpoints.map(({ weight }) => weight), messages: diagnostics.map(({ message }) => message) };
}

describe('the weights of an EndpointSlice', () => {
  const good: [string, (number | undefined)[]][] = [
    ['', [undefined, undefined, undefined]],
    ['3', [3, 3, 3]],
    ['0', [0, 0, 0]],
    ['10.244.0.1=3,10.244.0.2=0', [3, 0, undefined]],
    [' 10.244.0.1 = 3 , 5 ', [3, 5, 5]],
    ['010.244.0.01=7', [7, undefined, undefined]],
    ['192.0.2.1=7', [undefined, undefined, undefined]],
    ['10.244.0.1=65535', [65_535, undefined, undefined]],
  ];
  test.each(good)('%j', (text, weights) => {
    expect(weighed(text)).toEqual({ weights, messages: [] });
  });

  const bad = ['x', '10.244.0.1', '10.244.0.1=-1', '10.244.0.1=1.5', '10.244.0.1=65536', '=1', 'web=1', '1=1=1', '2,'];
  test.each(bad)('%j: the entry is left out and reported', (text) => {
    const { weights, messages } = weighed(text);
    expect(weights?.slice(1)).toEqual(text === '2,' ? [2, 2] : [undefined, undefined]);
    expect(messages).toHaveLength(1);
  });

  it('are ignored where there are more than a slice can use', () => {
    const { weights, messages } = weighed('1,'.repeat(40_000));
    expect(weights).toEqual([undefined, undefined, undefined]);
    expect(messages).toHaveLength(1);
    expect(weighed('x,'.repeat(30_000)).messages).toHaveLength(32);
  });
});
