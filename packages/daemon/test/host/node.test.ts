import { type Address, type Node, parseAddress } from '@nftproxier/core';
import { describe, expect, test } from 'vitest';
import {
  addressesOfNode,
  checkNode,
  hostFamilies,
  inOrder,
  localPods,
  nodeAddresses,
  nodeName,
  NodeNameError,
} from '../../src/host/index.js';
import { loadConfiguration } from '../../src/config/index.js';

const node = (...addresses: readonly (readonly [string, string])[]): Node => ({
  status: { addresses: addresses.map(([type, address]) => ({ type, address })) },
});

const address = (text: string): Address => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

describe('nodeName', () => {
  test.each([
    ['', 'Host.Example', 'host.example'],
    [' Node-A ', 'host', 'node-a'],
    ['', ' host\n', 'host'],
  ])('override %j and host name %j give %j', (override, hostname, name) => {
    expect(nodeName(override, hostname)).toBe(name);
  });
  test('nothing is an error that says what to do', () => {
    expect(() => nodeName('', ' ')).toThrow(NodeNameError);
    expect(() => nodeName('', ' ')).toThrow(/--hostname-override/u);
  });
});

describe('addressesOfNode', () => {
  test.each<[string, Node | undefined, readonly string[]]>([
    ['no Node', undefined, []],
    ['no addresses', {}, []],
    ['host names only', node(['Hostname', '10.0.0.1'], ['InternalDNS', 'a']), []],
    ['internal before external', node(['ExternalIP', '1.2.3.4'], ['InternalIP', '10.0.0.1']), ['10.0.0.1']],
    ['external alone', node(['ExternalIP', '1.2.3.4']), ['1.2.3.4']],
    ['both families', node(['InternalIP', 'fd00::1'], ['InternalIP', '10.0.0.1']), ['fd00::1', '10.0.0.1']],
    [
      'other family only external',
      node(['InternalIP', '10.0.0.1'], ['ExternalIP', '2001:db8::1']),
      ['10.0.0.1', '2001:db8::1'],
    ],
    ['two of one family', node(['InternalIP', '10.0.0.1'], ['InternalIP', '10.0.0.2']), ['10.0.0.1']],
    ['text that is no address', node(['InternalIP', 'node'], ['InternalIP', '010.0.0.1']), ['10.0.0.1']],
  ])('%s', (_, given, expected) => {
    expect(addressesOfNode(given)).toEqual(expected);
  });
});

describe('nodeAddresses', () => {
  const dual = node(['InternalIP', '10.0.0.1'], ['InternalIP', 'fd00::1']);
  test.each<[string, Node | undefined, object, readonly string[]]>([
    ['0.0.0.0', dual, { primaryFamily: 'IPv4', IPv4: '10.0.0.1', IPv6: 'fd00::1' }, ['10.0.0.1', 'fd00::1']],
    ['::', node(['InternalIP', 'fd00::1']), { primaryFamily: 'IPv6', IPv6: 'fd00::1' }, ['fd00::1']],
    ['10.9.9.9', dual, { primaryFamily: 'IPv4', IPv4: '10.9.9.9', IPv6: 'fd00::1' }, ['10.9.9.9', 'fd00::1']],
    ['fd00::9', dual, { primaryFamily: 'IPv6', IPv4: '10.0.0.1', IPv6: 'fd00::9' }, ['fd00::9', '10.0.0.1']],
    ['fd00::9', undefined, { primaryFamily: 'IPv6', IPv6: 'fd00::9' }, ['fd00::9']],
    ['0.0.0.0', undefined, { primaryFamily: 'IPv4' }, []],
  ])('bindAddress %s', (bindAddress, given, expected, order) => {
    const found = nodeAddresses(bindAddress, given);
    expect(found).toEqual(expected);
    expect(inOrder(found)).toEqual(order);
  });
});

describe('hostFamilies', () => {
  const files = (contents: Readonly<Record<string, string>>) => (path: string) => {
    const text = contents[path];
    if (text === undefined) throw new Error(`ENOENT ${path}`);
    return text;
  };
  const [route, inet6, disabled] = [
    '/proc/net/route',
    '/proc/net/if_inet6',
    '/proc/sys/net/ipv6/conf/all/disable_ipv6',
  ] as const;
  test.each([
    ['both', { [route]: '', [inet6]: '', [disabled]: '0\n' }, ['IPv4', 'IPv6']],
    ['no sysctl to read', { [route]: '', [inet6]: '' }, ['IPv4', 'IPv6']],
    ['IPv6 switched off', { [route]: '', [inet6]: '', [disabled]: '1\n' }, ['IPv4']],
    ['IPv6 not loaded', { [route]: '' }, ['IPv4']],
    ['IPv6 alone', { [inet6]: '' }, ['IPv6']],
  ])('%s', (_, contents, expected) => {
    expect(hostFamilies(files(contents))).toEqual(expected);
  });
});

describe('localPods', () => {
  const configuration = (...argv: readonly string[]) => {
    const loaded = loadConfiguration({ argv, env: {}, readFile: () => '' });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return loaded.configuration;
  };
  const v4 = nodeAddresses('0.0.0.0', node(['InternalIP', '10.0.0.1']));
  const v6 = nodeAddresses('::', node(['InternalIP', 'fd00::1']));
  const dual = nodeAddresses('::', node(['InternalIP', 'fd00::1'], ['InternalIP', '10.0.0.1']));
  const source = (cidr: string) => ({ kind: 'source', cidr });

  test.each([
    [
      'cluster CIDR of both families',
      ['--cluster-cidr=10.1.2.3/16,fd00:1::/64'],
      dual,
      undefined,
      { IPv4: source('10.1.0.0/16'), IPv6: source('fd00:1::/64') },
      0,
      false,
    ],
    [
      'cluster CIDR of one family on two',
      ['--cluster-cidr=10.1.0.0/16'],
      dual,
      undefined,
      { IPv4: source('10.1.0.0/16') },
      1,
      false,
    ],
    [
      'cluster CIDR of the wrong family',
      ['--cluster-cidr=10.1.0.0/16'],
      v6,
      undefined,
      { IPv4: source('10.1.0.0/16') },
      0,
      true,
    ],
    ['no cluster CIDR', [], v4, undefined, {}, 1, false],
    [
      'pod CIDRs',
      ['--detect-local-mode=NodeCIDR'],
      v4,
      { spec: { podCIDRs: ['10.1.1.0/24', '10.1.2.0/24'] } },
      { IPv4: source('10.1.1.0/24') },
      0,
      false,
    ],
    [
      'one pod CIDR',
      ['--detect-local-mode=NodeCIDR'],
      v4,
      { spec: { podCIDR: '10.1.1.0/24' } },
      { IPv4: source('10.1.1.0/24') },
      0,
      false,
    ],
    [
      'pod CIDRs of the wrong family',
      ['--detect-local-mode=NodeCIDR'],
      v4,
      { spec: { podCIDRs: ['fd00:1::/64'] } },
      { IPv6: source('fd00:1::/64') },
      0,
      true,
    ],
    ['no pod CIDRs', ['--detect-local-mode=NodeCIDR'], v4, {}, {}, 0, true],
    ['no Node', ['--detect-local-mode=NodeCIDR'], v4, undefined, {}, 0, true],
  ])('%s', (_, argv, addresses, given, detectors, warnings, isProblem) => {
    const found = localPods(configuration(...argv), given, addresses);
    expect(found.detectors).toEqual(detectors);
    expect(found.warnings).toHaveLength(warnings);
    expect(found.problem !== undefined).toBe(isProblem);
  });

  test.each([
    ['--pod-bridge-interface=cni0', 'BridgeInterface', 'cni0', false],
    ['--pod-interface-name-prefix=veth', 'InterfaceNamePrefix', 'veth', true],
  ])('%s holds for both families', (flag, mode, name, prefix) => {
    const detector = { kind: 'interface', name, prefix };
    expect(localPods(configuration(`--detect-local-mode=${mode}`, flag), undefined, v4).detectors).toEqual({
      IPv4: detector,
      IPv6: detector,
    });
  });
});

describe('checkNode', () => {
  const servers = { healthzBindAddress: '0.0.0.0:10256', metricsBindAddress: '127.0.0.1:10249' };
  const v6 = { primaryFamily: 'IPv6', IPv6: address('fd00::1') } as const;
  const dual = { ...v6, IPv4: address('10.0.0.1') } as const;
  test.each([
    ['nothing to say', servers, dual, ['IPv4', 'IPv6'] as const, 0, 0],
    ['a kernel without the primary family', servers, dual, ['IPv4'] as const, 1, 0],
    ['servers of the wrong family', servers, v6, ['IPv4', 'IPv6'] as const, 0, 2],
    [
      'the wildcard of both families',
      { healthzBindAddress: '[::]:1', metricsBindAddress: '[::]:2' },
      { primaryFamily: 'IPv4', IPv4: address('10.0.0.1') } as const,
      ['IPv4'] as const,
      0,
      0,
    ],
    ['a server switched off', { healthzBindAddress: '', metricsBindAddress: '[::1]:2' }, v6, ['IPv6'] as const, 0, 0],
    ['an unknown node', servers, { primaryFamily: 'IPv4' } as const, ['IPv4'] as const, 0, 0],
  ])('%s', (_, configuration, addresses, kernel, problems, warnings) => {
    const check = checkNode(configuration, addresses, kernel);
    expect([check.problems.length, check.warnings.length]).toEqual([problems, warnings]);
  });
});
