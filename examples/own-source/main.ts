// Run as root: node main.ts services.json (Node 22.18 or later runs TypeScript as it is; compile it for older ones).
import { readFile, watch } from 'node:fs/promises';
import { createLoadTarget, createNft } from '@nftproxier/nft';
import { FileController } from './controller.js';
import type { FileServices } from './objects.js';

const file = process.argv[2] ?? 'services.json';
const controller = new FileController(createLoadTarget(createNft()));

async function serve(): Promise<void> {
  const { transactions, elements, refused } = await controller.serve(
    JSON.parse(await readFile(file, 'utf8')) as FileServices,
  );
  console.log(`${transactions} transactions, ${elements} elements, ${refused.length} services refused`);
}

await serve();
for await (const _ of watch(file)) await serve().catch((error: unknown) => console.error(error));
