import { jhash } from '@nftproxier/core';
import { expect, it } from 'vitest';
import { FakeNft } from '../../src/fake/index.js';
import { concat, l4proto, payload } from '../../src/syntax/index.js';
import type { Operation, SetDeclaration } from '../../src/syntax/index.js';
import { renderTrace, tracePacket } from '../../src/trace/index.js';
import type { Packet } from '../../src/trace/index.js';

const daddr = payload('ip', 'daddr');
const dport = payload('tcp', 'dport');
const saddr = payload('ip', 'saddr');
const frontend = concat(daddr, l4proto, payload('th', 'dport'));
const services: SetDeclaration = { name: 'services', key: frontend, value: 'verdict' };
const slots: SetDeclaration = {
  name: 'endpoints',
  key: concat(daddr, dport, { kind: 'numgen', mod: 65_536 }),
  value: concat(daddr, dport),
};

const operations: readonly Operation[] = [
  { op: 'add-table' },
  { op: 'add-set', set: services },
  { op: 'add-set', set: slots },
  { op: 'add-chain', chain: { name: 'nat', base: { type: 'nat', hook: 'prerouting', priority: -100 } } },
  { op: 'add-chain', chain: { name: 'random' } },
  { op: 'add-chain', chain: { name: 'maglev' } },
  { op: 'add-chain', chain: { name: 'maglev-connection' } },
  {
    op: 'add-rule',
    chain: 'nat',
    rule: [
      { kind: 'match', left: saddr, op: '!=', right: { kind: 'value', value: '10.244.0.0/16' } },
      { kind: 'mark-or', mask: 0x4000 },
    ],
  },
  { op: 'add-rule', chain: 'nat', rule: [{ kind: 'vmap', key: frontend, map: 'services' }] },
  ...(
    [
      ['random', { kind: 'numgen', mod: 2 }],
      ['maglev', { kind: 'jhash', of: saddr, mod: 5, seed: 7 }],
      ['maglev-connection', { kind: 'jhash', of: concat(saddr, payload('th', 'sport')), mod: 5, seed: 7 }],
    ] as const
  ).map(([chain, slot]): Operation => ({
    op: 'add-rule',
    chain,
    rule: [{ kind: 'dnat-map', family: 'ip', key: concat(daddr, dport, slot), map: 'endpoints' }],
  })),
  {
    op: 'add-elements',
    set: 'services',
    elements: ['random', 'maglev', 'maglev-connection'].map((chain, index) => ({
      key: [`10.96.0.${String(index + 1)}`, 'tcp', 80],
      value: { kind: 'goto', chain },
    })),
  },
  {
    op: 'add-elements',
    set: 'endpoints',
    elements: [1, 2, 3].flatMap((service) =>
      [0, 1, 2, 3, 4].map((slot) => ({
        key: [`10.96.0.${String(service)}`, 80, slot],
        value: [`10.244.0.${String(slot)}`, 8080],
      })),
    ),
  },
];

async function loaded(): Promise<FakeNft> {
  const fake = new FakeNft();
  await fake.apply({ table: 'p', operations });
  return fake;
}

const packet: Packet = {
  protocol: 'tcp',
  from: '10.244.0.9',
  sourcePort: 41_000,
  to: '10.96.0.1',
  port: 80,
  arrives: { kind: 'interface', name: 'eth0' },
};
const node = { localAddresses: [] };

it('tells the steps and where they part', async () => {
  expect(renderTrace(tracePacket(await loaded(), packet, node))).toBe(
    [
      'tcp 10.244.0.9:41000 to 10.96.0.1:80, arriving on eth0',
      'prerouting: p nat 2: ip daddr . meta l4proto . th dport vmap @services',
      '    services has goto random for 10.96.0.1 . tcp . 80; goto random',
      '=> 50.0 % to 10.244.0.0:8080',
      '    prerouting: p random 1: dnat ip to ip daddr . tcp dport . numgen random mod 2 map @endpoints',
      '        the destination becomes 10.244.0.0:8080 (1 of 2 draws); accept',
      '=> 50.0 % to 10.244.0.1:8080',
      '    prerouting: p random 1: dnat ip to ip daddr . tcp dport . numgen random mod 2 map @endpoints',
      '        the destination becomes 10.244.0.1:8080 (1 of 2 draws); accept',
      '',
    ].join('\n'),
  );
});

it('tells what did not match, when asked', async () => {
  const text = renderTrace(tracePacket(await loaded(), { ...packet, port: 81 }, node), { all: true });
  expect(text).toBe(
    [
      'tcp 10.244.0.9:41000 to 10.96.0.1:81, arriving on eth0',
      'prerouting: p nat 1: ip saddr != 10.244.0.0/16 meta mark set meta mark or 0x00004000',
      '    ip saddr is 10.244.0.9',
      'prerouting: p nat 2: ip daddr . meta l4proto . th dport vmap @services',
      '    services has nothing for 10.96.0.1 . tcp . 81',
      'prerouting: p nat: accepted by the policy of the chain',
      '=> on, unchanged',
      '',
    ].join('\n'),
  );
});

it('hashes as the kernel does', async () => {
  const fake = await loaded();
  const { outcomes } = tracePacket(fake, { ...packet, to: '10.96.0.2' }, node);
  const slot = jhash([10, 244, 0, 9], 5, 7);
  expect(outcomes).toMatchObject([{ share: 1, endpoint: { address: `10.244.0.${String(slot)}`, port: 8080 } }]);
});

it('takes a source port that is not known for any', async () => {
  const fake = await loaded();
  const { sourcePort, ...anyPort } = packet;
  const known = tracePacket(fake, { ...packet, to: '10.96.0.3' }, node).endpoints;
  const slot = jhash([10, 244, 0, 9, (sourcePort ?? 0) >> 8, (sourcePort ?? 0) & 0xff, 0, 0], 5, 7);
  expect(known).toEqual([{ address: `10.244.0.${String(slot)}`, port: 8080, share: 1 }]);
  expect(tracePacket(fake, { ...anyPort, to: '10.96.0.3' }, node).endpoints).toHaveLength(5);
  expect(renderTrace(tracePacket(fake, { ...anyPort, to: '10.96.0.2' }, node))).toContain(
    'tcp 10.244.0.9 to 10.96.0.2:80',
  );
});
