import { renderTransaction, tracePacket } from '@nftproxier/nft';
import type { Packet } from '@nftproxier/nft';
import { FakeNft } from '@nftproxier/nft/testing';
import { expect, test } from 'vitest';
import { ban, firewall } from './firewall.js';

const policy = { openPorts: [80, 443], admins: ['198.51.100.0/24'] } as const;
const node = { localAddresses: ['192.0.2.1'] };

async function verdict(from: string, port: number, changes: Partial<Packet> = {}): Promise<string> {
  const fake = new FakeNft();
  await fake.apply(firewall(policy));
  await fake.apply(ban('203.0.113.66'));
  const arrives = { kind: 'interface', name: 'eth0' } as const;
  const packet: Packet = { protocol: 'tcp', from, to: '192.0.2.1', port, arrives, ...changes };
  return tracePacket(fake, packet, node).verdict;
}

test.each([
  ['everybody, the web', '203.0.113.7', 443, {}, 'accept'],
  ['an admin, SSH', '198.51.100.7', 22, {}, 'accept'],
  ['anybody else, SSH', '203.0.113.7', 22, {}, 'reject'],
  ['who is banned, the web', '203.0.113.66', 443, {}, 'drop'],
  ['the node itself, anything', '192.0.2.1', 5432, { arrives: { kind: 'local' } }, 'accept'],
  ['the answers to what the node asked', '203.0.113.7', 40_000, { established: true }, 'accept'],
  ['everybody, UDP', '203.0.113.7', 53, { protocol: 'udp' }, 'reject'],
] as const)('%s', async (_, from, port, changes, expected) => {
  expect(await verdict(from, port, changes)).toBe(expected);
});

test('is the script that was reviewed', async () => {
  await expect(renderTransaction(firewall(policy)).text).toMatchFileSnapshot('firewall.nft');
});
