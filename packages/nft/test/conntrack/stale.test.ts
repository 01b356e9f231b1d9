import { parseCidr } from '@nftproxier/core';
import { describe, expect, it } from 'vitest';
import {
  createStaleTest,
  deletionOf,
  expectationsOf,
  expectationsOfAll,
  unNattedFlows,
} from '../../src/conntrack/index.js';
import type { Expectations } from '../../src/conntrack/index.js';
import { flow } from './fake-conntrack.js';
import { planOf } from './plans.js';

const nodeAddresses = new Set<string>(['192.168.0.1', 'fd00:1::1']);

/** The command that a flow leads to; undefined if it may go on. */
function command(expectations: Expectations, text: string, state?: string): string | undefined {
  const stale = createStaleTest(expectations, (address) => nodeAddresses.has(address))(flow(text, state));
  return stale && deletionOf(stale);
}

const dns = planOf('dns', {
  clusterIP: '10.96.0.10',
  port: 53,
  outside: ['192.0.2.10'],
  nodePort: 30053,
  endpoints: ['10.244.0.1:5353', '10.244.0.2:5353'],
});
const empty = planOf('empty', { clusterIP: '10.96.0.20', port: 53, nodePort: 30054 });
const six = planOf('six', { protocol: 'SCTP', clusterIP: 'fd00:96::a', port: 3868, endpoints: ['[fd00:244::1]:3868'] });

describe('a frontend with endpoints', () => {
  const all = expectationsOfAll([dns, empty, six]);
  it.each([
    ['UDP 10.0.0.1:9 > 10.96.0.10:53 = 10.244.0.1:5353', undefined],
    ['UDP 10.0.0.1:9 > 10.96.0.10:53 = 10.244.0.2:5353', undefined],
    [
      'UDP 10.0.0.1:9 > 10.96.0.10:53 = 10.244.0.3:5353',
      '-D -f ipv4 -p udp -d 10.96.0.10 --dport 53 -r 10.244.0.3 --reply-port-src 5353',
    ],
    [
      'UDP 10.0.0.1:9 > 10.96.0.10:53 = 10.244.0.1:53',
      '-D -f ipv4 -p udp -d 10.96.0.10 --dport 53 -r 10.244.0.1 --reply-port-src 53',
    ],
    [
      'UDP 10.0.0.1:9 > 10.96.0.10:53 = 10.96.0.10:53',
      '-D -f ipv4 -p udp -d 10.96.0.10 --dport 53 -r 10.96.0.10 --reply-port-src 53',
    ],
    [
      'UDP 10.0.0.1:9 > 192.0.2.10:53 = 10.244.0.3:5353',
      '-D -f ipv4 -p udp -d 192.0.2.10 --dport 53 -r 10.244.0.3 --reply-port-src 5353',
    ],
    ['UDP 10.0.0.1:9 > 192.168.0.1:30053 = 10.244.0.1:5353', undefined],
    [
      'UDP 10.0.0.1:9 > 192.168.0.1:30053 = 10.244.0.3:5353',
      '-D -f ipv4 -p udp -d 192.168.0.1 --dport 30053 -r 10.244.0.3 --reply-port-src 5353',
    ],
    [
      'SCTP [fd00::1]:9 > [fd00:96::a]:3868 = [fd00:244::2]:3868',
      '-D -f ipv6 -p sctp -d fd00:96::a --dport 3868 -r fd00:244::2 --reply-port-src 3868',
    ],
  ])('%s', (text, expected) => {
    expect(command(all, text)).toBe(expected);
  });

  it.each([
    ['another port', 'UDP 10.0.0.1:9 > 10.96.0.10:54 = 10.244.0.3:5353'],
    ['another protocol', 'TCP 10.0.0.1:9 > 10.96.0.10:53 = 10.244.0.3:5353'],
    ['another address', 'UDP 10.0.0.1:9 > 10.96.0.11:53 = 10.244.0.3:5353'],
    ["a node port's number elsewhere", 'UDP 10.0.0.1:9 > 203.0.113.1:30053 = 203.0.113.1:30053'],
    ["a node port's number in the other family", 'UDP [fd00::1]:9 > [fd00:1::1]:30053 = [fd00:1::1]:30053'],
    ['an endpoint itself', 'UDP 10.0.0.1:9 > 10.244.0.3:5353 = 10.244.0.3:5353'],
  ])('is not %s', (_, text) => {
    expect(command(all, text)).toBeUndefined();
  });
});

it('a frontend without endpoints keeps no flow', () => {
  const all = expectationsOfAll([empty]);
  const expected = '-D -f ipv4 -p udp -d 10.96.0.20 --dport 53';
  expect(command(all, 'UDP 10.0.0.1:9 > 10.96.0.20:53 = 10.244.0.1:5353')).toBe(expected);
  expect(command(all, 'UDP 10.0.0.1:9 > 10.96.0.20:53 = 10.96.0.20:53')).toBe(expected);
});

it('a frontend that is gone keeps what was never redirected', () => {
  const gone = expectationsOf([{ before: dns, after: undefined }]);
  expect(command(gone, 'UDP 10.0.0.1:9 > 10.96.0.10:53 = 10.244.0.1:5353')).toBe(
    '-D -f ipv4 -p udp -d 10.96.0.10 --dport 53 -g',
  );
  expect(command(gone, 'UDP 10.0.0.1:9 > 10.96.0.10:53 = 10.96.0.10:53')).toBeUndefined();
  expect(command(gone, 'UDP 10.0.0.1:9 > 192.168.0.1:30053 = 192.168.0.1:5353')).toBe(
    '-D -f ipv4 -p udp -d 192.168.0.1 --dport 30053 -g',
  );
});

it('in the ranges of cluster IPs, what is redirected by nobody known is stale', () => {
  const ranges = [parseCidr('10.96.0.0/16')!, parseCidr('fd00:96::/64')!];
  const all = expectationsOfAll([dns, six], ranges);
  const expected = '-D -f ipv4 -p udp -d 10.96.7.7 --dport 53 -g';
  expect(command(all, 'UDP 10.0.0.1:9 > 10.96.7.7:53 = 10.244.0.1:5353')).toBe(expected);
  expect(command(all, 'UDP 10.0.0.2:9 > 10.96.7.7:53 = 10.244.0.1:5353')).toBe(expected);
  expect(command(all, 'UDP 10.0.0.1:9 > 10.96.7.7:53 = 10.96.7.7:53')).toBeUndefined();
  expect(command(all, 'UDP 10.0.0.1:9 > 10.97.7.7:53 = 10.244.0.1:5353')).toBeUndefined();
  expect(command(all, 'TCP 10.0.0.1:9 > 10.96.7.7:53 = 10.244.0.1:5353', 'ESTABLISHED')).toBeUndefined();
  expect(command(all, 'UDP 10.0.0.1:9 > 10.96.0.10:53 = 10.244.0.1:5353')).toBeUndefined();
});

describe('TCP after a time without NAT', () => {
  const web = planOf('web', { protocol: 'TCP', clusterIP: '10.96.0.30', port: 80, endpoints: ['10.244.0.1:8080'] });
  const expected = unNattedFlows([web]);
  const stuck = 'TCP 10.0.0.1:9 > 10.96.0.30:80 = 10.96.0.30:80';

  it('loses handshakes that were not redirected, and nothing else', () => {
    expect(command(expected, stuck, 'SYN_SENT')).toBe(
      '-D -f ipv4 -p tcp -d 10.96.0.30 --dport 80 -r 10.96.0.30 --reply-port-src 80 --state SYN_SENT',
    );
    expect(command(expected, stuck, 'ESTABLISHED')).toBeUndefined();
    expect(command(expected, 'TCP 10.0.0.1:9 > 10.96.0.30:80 = 10.244.0.1:8080', 'SYN_SENT')).toBeUndefined();
    expect(command(expected, 'TCP 10.0.0.1:9 > 10.96.0.31:80 = 10.96.0.31:80', 'SYN_SENT')).toBeUndefined();
  });
});
