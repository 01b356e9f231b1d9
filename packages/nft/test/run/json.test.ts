import { expect, it } from 'vitest';
import { elementOf, objectsOf } from '../../src/run/json.js';

it.each([
  ['an address', '10.0.0.1', { key: ['10.0.0.1'] }],
  ['a prefix', { prefix: { addr: '10.0.0.0', len: 8 } }, { key: ['10.0.0.0/8'] }],
  ['several parts', { concat: ['10.0.0.1', 'tcp', 80] }, { key: ['10.0.0.1', 'tcp', 80] }],
  [
    'a part with a prefix',
    { concat: ['10.0.0.1', { prefix: { addr: '10.0.0.0', len: 8 } }] },
    { key: ['10.0.0.1', '10.0.0.0/8'] },
  ],
  [
    'a timer',
    { elem: { val: '10.0.0.1', timeout: 100, expires: 4 } },
    { key: ['10.0.0.1'], timeoutSeconds: 100, expiresSeconds: 4 },
  ],
  ['a comment', { elem: { val: { concat: ['10.0.0.1', 80] }, comment: 'x' } }, { key: ['10.0.0.1', 80] }],
  [
    'a verdict',
    [{ concat: ['10.0.0.1', 'tcp', 80] }, { goto: { target: 'pick' } }],
    { key: ['10.0.0.1', 'tcp', 80], value: { kind: 'goto', chain: 'pick' } },
  ],
  ['drop', ['10.0.0.1', { drop: null }], { key: ['10.0.0.1'], value: { kind: 'drop' } }],
  [
    'data',
    [{ concat: ['10.0.0.1', 80, 0] }, { concat: ['10.244.0.1', 8080] }],
    { key: ['10.0.0.1', 80, 0], value: ['10.244.0.1', 8080] },
  ],
  ['a range', { range: ['10.0.0.1', '10.0.0.9'] }, undefined],
  ['a value of another kind', ['10.0.0.1', { mangle: {} }], undefined],
  ['nothing', null, undefined],
])('reads %s', (_what, json, element) => {
  expect(elementOf(json)).toEqual(element);
});

it('finds objects of a kind, in whatever it is given', () => {
  expect(objectsOf({ nftables: [{ metainfo: {} }, { chain: 1 }, { chain: 2 }] }, 'chain')).toEqual([1, 2]);
  for (const odd of [null, 1, 'x', [], {}, { nftables: {} }, { nftables: [null, 3] }]) {
    expect(objectsOf(odd, 'chain')).toEqual([]);
  }
});
