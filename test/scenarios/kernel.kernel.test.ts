import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLab, type Lab } from '../lab/index.js';
import { runOnKernel, type StartProxy } from './kernel.js';
import { readScenario } from './load.js';

/** What the runner is tried on: a hand-written proxy, so that what it reports can be known. */
const ruleset = `
table inet runner {
  map two { typeof numgen random mod 2 : ip daddr; elements = { 0 : 10.244.1.13, 1 : 10.244.1.15 } }
  chain prerouting { type nat hook prerouting priority -100; jump services; }
  chain output { type nat hook output priority -100; jump services; }
  chain services {
    ip daddr 10.96.0.1 tcp dport 80 dnat ip to 10.244.1.13:8080
    ip daddr 10.96.0.2 tcp dport 80 meta mark set 0x4000 dnat ip to 10.244.1.13:8080
    ip daddr 10.96.0.3 tcp dport 80 dnat ip to numgen random mod 2 map @two
  }
  chain refuse {
    ip daddr { 10.96.0.1, 10.96.0.2 } reject
    ip daddr 10.96.0.66 drop
    ip daddr 10.96.0.67 reject with tcp reset
  }
  chain forward { type filter hook forward priority 0; ct state new jump refuse; }
  chain local { type filter hook output priority 0; ct state new jump refuse; }
  chain postrouting { type nat hook postrouting priority 100; meta mark 0x4000 masquerade fully-random; }
}
`;

const startProxy: StartProxy = (on) =>
  Promise.resolve({ apply: () => on.nft(ruleset), close: () => Promise.resolve() });

let lab: Lab;
beforeAll(async () => {
  lab = await createLab();
});
afterAll(() => lab.close());

async function faults(packet: string): Promise<readonly string[]> {
  const scenario = readScenario(
    'runner.yaml',
    `
title: the runner itself
covers: [3.10/TCP]
services:
  - { name: one, clusterIP: 10.96.0.1, ports: [80/TCP], endpoints: [10.244.1.13:8080, 10.244.1.15:8080, 10.244.1.13:80, 10.244.1.15:80] }
packets: [${packet}]`,
  );
  return runOnKernel(scenario, lab, startProxy);
}

test.each([
  '{ from: [client, pod 10.244.1.11], to: 10.96.0.1:80/TCP, by: [10.244.1.13:8080], source: kept, same: true }',
  '{ from: [client, pod 10.244.1.11, host], to: 10.96.0.2:80/TCP, by: [10.244.1.13:8080], source: node }',
  '{ from: client, to: 10.96.0.3:80/TCP, by: [10.244.1.13:80, 10.244.1.15:80] }',
  '{ from: [client, host], to: [10.96.0.1:81/TCP, 10.96.0.1:80/UDP, 10.96.0.1/ICMP, 10.96.0.1:80/SCTP], expect: rejected }',
  '{ from: [client, host], to: [10.96.0.66:81/TCP, 10.96.0.66/ICMP, 10.96.0.66:1/SCTP], expect: dropped }',
  '{ from: [client, host], to: [203.0.113.1:81/TCP, 192.168.10.1:81/UDP, 203.0.113.1/ICMP], expect: untouched }',
])('what is so: %s', async (packet) => {
  expect(await faults(packet)).toEqual([]);
});

test.each([
  [
    '{ from: client, to: 10.96.0.1:80/TCP, by: [10.244.1.15:8080] }',
    'expected an answer by 10.244.1.15:8080, got one by 10.244.1.13:8080',
  ],
  [
    '{ from: client, to: 10.96.0.1:80/TCP, by: [10.244.1.13:8080, 10.244.1.15:8080] }',
    'never answered: 10.244.1.15:8080',
  ],
  ['{ from: client, to: 10.96.0.3:80/TCP, by: [10.244.1.13:80] }', 'got one by 10.244.1.15:80'],
  [
    '{ from: client, to: 10.96.0.3:80/TCP, by: [10.244.1.13:80, 10.244.1.15:80], same: true }',
    /expected 10.244.1.1[35]:80 again/,
  ],
  [
    '{ from: client, to: 10.96.0.1:80/TCP, by: [10.244.1.13:8080], source: node }',
    'expected an address of the node, 10.244.1.13:8080 saw 192.168.10.100:',
  ],
  [
    '{ from: host, to: 10.96.0.1:80/TCP, by: [10.244.1.13:8080], source: node }',
    'expected a masquerade, saw the source kept',
  ],
  [
    '{ from: client, to: 10.96.0.2:80/TCP, by: [10.244.1.13:8080], source: kept }',
    'expected the source to be kept, 10.244.1.13:8080 saw 10.244.1.1:',
  ],
  ['{ from: host, to: 10.96.0.2:80/TCP, by: [10.244.1.13:8080], source: kept }', 'expected the source to be kept'],
  ['{ from: client, to: 10.96.0.1:81/TCP, by: [10.244.1.13:8080] }', 'got ECONNREFUSED'],
  ['{ from: client, to: 10.96.0.1:81/TCP, expect: dropped }', 'expected silence, got ECONNREFUSED'],
  [
    '{ from: client, to: 10.96.0.1:80/TCP, expect: rejected }',
    'expected a rejection, got an answer by 10.244.1.13:8080',
  ],
  ['{ from: client, to: 10.96.0.67:80/TCP, expect: rejected }', 'expected an ICMP error, was reset by the destination'],
  [
    '{ from: client, to: 10.96.0.1:80/TCP, expect: untouched }',
    'expected it to arrive as sent, was answered by 10.244.1.13:8080',
  ],
])('what is not so: %s', async (packet, fault) => {
  const [first, ...rest] = await faults(packet);
  expect(rest).toEqual([]);
  expect(first).toMatch(fault);
});
