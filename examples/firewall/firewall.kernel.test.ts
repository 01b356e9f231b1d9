import { createNft, createTarget } from '@nftproxier/nft';
import type { NftTarget } from '@nftproxier/nft';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addresses, createLab } from '../../test/lab/index.js';
import type { Lab, Place } from '../../test/lab/index.js';
import { ban, firewall } from './firewall.js';

const node = addresses['node-a'].IPv4;
let lab: Lab;
let target: NftTarget;
beforeAll(async () => {
  lab = await createLab({ families: ['IPv4'] });
  target = createTarget(createNft({ prefix: lab.namespace('node-a').prefix }));
  await lab.serve([80, 22, 5432].map((port) => ({ address: node, port, protocol: 'TCP' })));
  await target.apply(firewall({ openPorts: [80], admins: [`${addresses['node-b'].IPv4}/32`] }));
});
afterAll(() => lab.close());

async function outcome(from: Place, port: number, timeoutMs = 10_000): Promise<string | undefined> {
  const { tries } = await lab.probe(from, { address: node, port, protocol: 'TCP', tries: 1, timeoutMs });
  return tries[0]?.outcome;
}

test('the kernel lets in whom the firewall means', async () => {
  expect(await outcome('client', 80)).toBe('answered');
  expect(await outcome('client', 22)).toBe('refused');
  expect(await outcome('client', 5432)).toBe('refused');
  expect(await outcome('node-b', 22)).toBe('answered');
  expect(await outcome('node-a', 5432)).toBe('answered');
});

test('who is banned hears nothing', async () => {
  await target.apply(ban(addresses.client.IPv4));
  expect(await outcome('client', 80, 400)).toBe('silent');
  expect(await outcome('node-b', 22)).toBe('answered');
});
