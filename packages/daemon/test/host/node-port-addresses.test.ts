import { type Address, parseAddress } from '@nftproxier/core';
import { describe, expect, test } from 'vitest';
import { type NodeAddresses, nodePortScopes } from '../../src/host/index.js';

const addresses = (...texts: readonly string[]): readonly Address[] =>
  texts.map((text) => {
    const parsed = parseAddress(text);
    if (parsed === undefined) throw new Error(text);
    return parsed;
  });

const local = addresses('127.0.0.1', '10.0.0.1', '10.0.0.2', '192.168.1.1', '::1', 'fd00::1', 'fe80::1');
const [v4, v6] = addresses('10.0.0.1', 'fd00::1') as [Address, Address];
const dual: NodeAddresses = { primaryFamily: 'IPv4', IPv4: v4, IPv6: v6 };
const single: NodeAddresses = { primaryFamily: 'IPv4', IPv4: v4 };
const unknown: NodeAddresses = { primaryFamily: 'IPv4' };
const loopback: NodeAddresses = { primaryFamily: 'IPv4', IPv4: addresses('127.0.0.1')[0] as Address };
const elsewhere: NodeAddresses = { primaryFamily: 'IPv4', IPv4: addresses('203.0.113.1')[0] as Address };

describe('nodePortScopes', () => {
  test.each<
    [string, readonly string[], NodeAddresses, readonly string[] | 'all', readonly string[] | 'all', readonly RegExp[]]
  >([
    ['primary of both families', ['primary'], dual, ['10.0.0.1'], ['fd00::1'], []],
    ['primary of one family opens nothing of the other', ['primary'], single, ['10.0.0.1'], [], []],
    [
      'an unknown primary opens nothing',
      ['primary'],
      unknown,
      [],
      [],
      [/^The primary address of this node is not known/u],
    ],
    ['loopback is not opened', ['primary'], loopback, [], [], []],
    [
      'an address that is on no interface is not opened',
      ['primary'],
      elsewhere,
      [],
      [],
      [/^The address 203\.0\.113\.1 /u],
    ],
    ['CIDRs', ['10.0.0.0/24', 'fd00::/8'], single, ['10.0.0.1', '10.0.0.2'], ['fd00::1'], []],
    ['a CIDR with host bits', ['10.0.0.77/24', '::/0'], single, ['10.0.0.1', '10.0.0.2'], 'all', []],
    ['all', ['0.0.0.0/0', '::/0'], unknown, 'all', 'all', []],
    ['all beside others', ['10.0.0.0/8', '0.0.0.0/0', 'fd00::1/128'], dual, 'all', ['fd00::1'], []],
    [
      'CIDRs of one family open all of the other',
      ['10.0.0.0/8'],
      dual,
      ['10.0.0.1', '10.0.0.2'],
      'all',
      [/no IPv6 CIDR/u],
    ],
    [
      'CIDRs that match nothing',
      ['172.16.0.0/12', '::/0'],
      dual,
      [],
      'all',
      [/^No IPv4 address of this node is in 172\.16\.0\.0\/12/u],
    ],
    ['a loopback CIDR', ['127.0.0.0/8', '::1/128'], dual, [], [], [/names 127/u, /No IPv4/u, /names ::1/u, /No IPv6/u]],
    ['a CIDR around loopback', ['64.0.0.0/2', '10.0.0.0/8', '::/0'], dual, ['10.0.0.1', '10.0.0.2'], 'all', []],
  ])('%s', (_, configured, node, IPv4, IPv6, warnings) => {
    const scope = (expected: readonly string[] | 'all') =>
      expected === 'all' ? { kind: 'all' } : { kind: 'listed', addresses: expected };
    const found = nodePortScopes(configured, node, local);
    expect(found.IPv4).toEqual(scope(IPv4));
    expect(found.IPv6).toEqual(scope(IPv6));
    expect(found.warnings).toHaveLength(warnings.length);
    warnings.forEach((warning, index) => {
      expect(found.warnings[index]).toMatch(warning);
    });
  });
});
