import { createLoadTarget, createNft } from '@nftproxier/nft';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLab } from '../../test/lab/index.js';
import type { Lab } from '../../test/lab/index.js';
import { FileController } from './controller.js';

let lab: Lab;
let controller: FileController;
beforeAll(async () => {
  lab = await createLab({ families: ['IPv4'] });
  controller = new FileController(createLoadTarget(createNft({ prefix: lab.namespace('node-a').prefix })));
});
afterAll(() => lab.close());

async function answers(): Promise<ReadonlySet<string>> {
  const request = { address: '10.96.50.1', port: 5432, protocol: 'TCP', tries: 40, timeoutMs: 10_000 } as const;
  const { tries } = await lab.probe('client', request);
  return new Set(tries.map(({ answer, code }) => answer?.address ?? code ?? ''));
}

test('real connections go where the file says, from one change to the next', async () => {
  const servers = ['10.244.1.13', '10.244.1.15'];
  await lab.serve(servers.map((address) => ({ address, port: 5433, protocol: 'TCP' })));
  const database = { address: '10.96.50.1', port: 5432, servers, serverPort: 5433 };
  await controller.serve({ database });
  expect(await answers()).toEqual(new Set(servers));
  await controller.serve({ database: { ...database, servers: servers.slice(1) } });
  expect(await answers()).toEqual(new Set(servers.slice(1)));
  await controller.serve({ database: { ...database, servers: [] } });
  expect(await answers()).toEqual(new Set(['ECONNREFUSED']));
});
