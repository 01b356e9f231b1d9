import { describe, expect, test } from 'vitest';
import { interfaceAddresses, parseIpAddresses } from '../../src/host/index.js';

describe('parseIpAddresses', () => {
  test('reads what ip -o address show prints', () => {
    const output = [
      '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever',
      '2: eth0    inet 10.0.0.2/24 brd 10.0.0.255 scope global eth0\\       valid_lft forever preferred_lft forever',
      '2: eth0    inet 10.0.0.2/32 scope global secondary eth0\\       valid_lft forever preferred_lft forever',
      '2: eth0    inet6 FD00::2/64 scope global tentative \\       valid_lft forever preferred_lft forever',
      '3: tun0    inet 10.1.0.1 peer 10.1.0.2/32 scope global tun0\\       valid_lft forever preferred_lft forever',
      '4: inet@if5    inet6 fe80::1/64 scope link \\       valid_lft forever preferred_lft forever',
      '',
    ].join('\n');
    expect(parseIpAddresses(output)).toEqual(['10.0.0.2', '10.1.0.1', '127.0.0.1', 'fd00::2', 'fe80::1']);
  });
  test.each(['', 'nonsense', '2: eth0    inet not-an-address/24'])('%j has none', (output) => {
    expect(parseIpAddresses(output)).toEqual([]);
  });
});

test('interfaceAddresses sorts and drops doubles', () => {
  const info = (address: string) => ({
    address,
    family: 'IPv4' as const,
    netmask: '',
    mac: '',
    internal: false,
    cidr: null,
  });
  expect(
    interfaceAddresses({ lo: [info('127.0.0.1')], eth0: [info('10.0.0.1'), info('127.0.0.1')], gone: undefined }),
  ).toEqual(['10.0.0.1', '127.0.0.1']);
});
