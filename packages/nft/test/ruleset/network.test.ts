import { expect, test } from 'vitest';
import { parseAddress, parseCidr } from '@nftproxier/core';
import type { Address, Cidr } from '@nftproxier/core';
import { networkOperations } from '../../src/ruleset/network.js';
import type { NetworkElements } from '../../src/ruleset/index.js';
import { settings } from './services.js';

function network(addresses: readonly string[], cidrs: readonly string[]): NetworkElements {
  return {
    nodePortAddresses: addresses.map((text) => parseAddress(text) as Address),
    serviceCIDRs: cidrs.map((text) => parseCidr(text) as Cidr),
  };
}

const empty = network([], []);
const some = network(['192.0.2.7', 'fd00::7'], ['10.96.0.0/16', 'fd00:96::/112']);

const cases: [string, NetworkElements, NetworkElements, string[]][] = [
  ['nothing', some, some, []],
  [
    'the same in another order, and twice',
    some,
    network(['fd00::7', '192.0.2.7', '192.0.2.7'], ['fd00:96::/112', '10.96.0.0/16']),
    [],
  ],
  [
    'all',
    empty,
    some,
    [
      '+nodeport-ips4 192.0.2.7',
      '+service-cidrs4 10.96.0.0/16',
      '+nodeport-ips6 fd00::7',
      '+service-cidrs6 fd00:96::/112',
    ],
  ],
  [
    'an address',
    some,
    network(['192.0.2.8', 'fd00::7'], ['10.96.0.0/16', 'fd00:96::/112']),
    ['-nodeport-ips4 192.0.2.7', '+nodeport-ips4 192.0.2.8'],
  ],
  [
    'a wider range',
    network([], ['10.96.0.0/16']),
    network([], ['10.96.0.0/12', '10.96.0.0/16']),
    ['-service-cidrs4 10.96.0.0/16', '+service-cidrs4 10.96.0.0/12'],
  ],
  ['a range inside another', network([], ['10.96.0.0/12']), network([], ['10.97.0.0/16', '10.96.0.0/12']), []],
  [
    'a range that takes its place',
    network([], ['10.96.0.0/12', '10.97.0.0/16']),
    network([], ['10.97.0.0/16']),
    ['-service-cidrs4 10.96.0.0/12', '+service-cidrs4 10.97.0.0/16'],
  ],
];
test.each(cases)('%s', (_, before, after, expected) => {
  const operations = networkOperations(before, after, settings);
  const texts = operations.map((operation) =>
    'elements' in operation
      ? `${operation.op === 'add-elements' ? '+' : '-'}${operation.set} ${operation.elements.map(({ key }) => key.join(' . ')).join(', ')}`
      : operation.op,
  );
  expect(texts).toEqual(expected);
});

test('a family that is not served has none', () => {
  expect(networkOperations(empty, some, { ...settings, families: ['IPv6'] })).toHaveLength(2);
});
