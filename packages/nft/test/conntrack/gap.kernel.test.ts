import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { service, slice } from '@nftproxier/core/testing';
import { afterEach, expect, it } from 'vitest';
import { endpoints, openLab, until } from './lab.js';
import type { Lab } from './lab.js';

let lab: Lab | undefined;
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children) child.kill();
  await lab?.close();
});

const [one] = endpoints.IPv4;

it('a handshake that began while NAT was gone succeeds after it is back', async () => {
  lab = await openLab();
  const { node, client, loader } = lab;
  // Where nobody is; and somebody else's rule, which keeps connection tracking on when our table is gone.
  node.exec('ip', 'route', 'add', '10.96.0.0/16', 'dev', 'net0');
  node.exec('nft', 'add table inet other; add chain inet other forward { type filter hook forward priority 0; }');
  node.exec('nft', 'add rule inet other forward ct state new accept');
  const web = service({ name: 'web', clusterIP: '10.96.0.30', ports: [80] });
  await lab.apply(web, slice({ service: 'web', ports: [8080], endpoints: [one] }));
  await listening(node.name);

  node.exec('nft', 'delete table inet nftproxier');
  loader.distrust();
  const connected = connection(client.name);
  const stuck = '10.96.0.30 80 = 10.96.0.30 80';
  const flows = lab.flows;
  await until(
    async () => (await flows('TCP')).some((flow) => flow.endsWith(stuck)),
    () => flows('TCP'),
  );
  await lab.sync();
  lab.cleaner.interrupted(lab.plans());
  await until(
    () => lab!.reports.some(({ removed }) => removed === 1),
    () => lab!.reports,
  );
  expect(await connected).toBe('connected');
});

async function listening(netns: string): Promise<void> {
  const code = `require('node:net').createServer((s) => s.end()).listen(8080, '${one}', () => console.log('ready'))`;
  await firstLine(netns, code);
}

function connection(netns: string): Promise<string> {
  return firstLine(
    netns,
    `require('node:net').connect(80, '10.96.0.30', () => { console.log('connected'); process.exit(); })`,
  );
}

function firstLine(netns: string, code: string): Promise<string> {
  const child = spawn('ip', ['netns', 'exec', netns, process.execPath, '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(String(data).trim()));
    child.once('exit', () => reject(new Error('it ended without a word')));
  });
}
