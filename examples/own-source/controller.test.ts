import { readFileSync } from 'node:fs';
import { tracePacket } from '@nftproxier/nft';
import { FakeNft, createFakeLoadTarget } from '@nftproxier/nft/testing';
import { beforeEach, expect, test } from 'vitest';
import { FileController } from './controller.js';
import type { FileServices } from './objects.js';

const services = JSON.parse(readFileSync(new URL('services.json', import.meta.url), 'utf8')) as FileServices;
let fake: FakeNft;
let controller: FileController;
beforeEach(() => {
  fake = new FakeNft();
  controller = new FileController(createFakeLoadTarget(fake));
});

function reached(to: string, port: number): readonly string[] {
  const arrives = { kind: 'local' } as const;
  const trace = tracePacket(fake, { protocol: 'tcp', from: '192.0.2.1', to, port, arrives }, { localAddresses: [] });
  return trace.endpoints.map((endpoint) => `${endpoint.address}:${endpoint.port}`);
}

test('serves the file', async () => {
  await controller.serve(services);
  expect(reached('10.50.0.1', 5432)).toEqual(['192.0.2.11:5432', '192.0.2.12:5432']);
  expect(reached('10.50.0.2', 80)).toEqual(['192.0.2.21:9090']);
});

test('writes what differs, and nothing else', async () => {
  await controller.serve(services);
  const changed = {
    ...services,
    metrics: { address: '10.50.0.2', port: 80, servers: ['192.0.2.22'], serverPort: 9090 },
  };
  expect(await controller.serve(changed)).toMatchObject({ transactions: 1 });
  expect(reached('10.50.0.2', 80)).toEqual(['192.0.2.22:9090']);
  expect(await controller.serve(changed)).toMatchObject({ transactions: 0 });
});

test('a service that goes is refused', async () => {
  await controller.serve(services);
  const { metrics: _, ...rest } = services;
  await controller.serve(rest);
  expect(reached('10.50.0.2', 80)).toEqual([]);
});
