import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { service, slice } from '@nftproxier/core/testing';
import type { Top } from '../../packages/daemon/src/status/top.js';
import { createLab } from '../lab/index.js';
import type { Lab } from '../lab/index.js';
import { labFlags, startDaemon } from './process.js';
import type { DaemonProcess } from './process.js';

const endpoints = ['10.244.1.13', '10.244.2.12'] as const;
const connections = 60;

let lab: Lab;
let folder: string;
let daemon: DaemonProcess;

beforeAll(async () => {
  lab = await createLab();
  folder = await mkdtemp(join(tmpdir(), 'nftproxier-'));
  const objects = [
    { kind: 'Service', ...service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] }) },
    { kind: 'Service', ...service({ name: 'idle', clusterIP: '10.96.0.81', ports: [80] }) },
    { kind: 'EndpointSlice', ...slice({ service: 'web', ports: [8080], endpoints }) },
    { kind: 'EndpointSlice', ...slice({ service: 'idle', ports: [8080], endpoints }) },
  ];
  await writeFile(join(folder, 'objects.json'), JSON.stringify({ kind: 'List', items: objects }));
  await lab.serve(endpoints.map((address) => ({ address, port: 8080, protocol: 'TCP' })));
  const counters = ['--counters', 'endpoints', '--counters-period', '1s'];
  daemon = startDaemon(lab.namespace('node-a'), ['--manifests', folder, ...labFlags, ...counters]);
  await daemon.says('table loaded, serving');
});

afterAll(async () => {
  await daemon.stop('SIGKILL');
  await rm(folder, { recursive: true });
  await lab.close();
});

/** `nftproxier status`, as somebody on the node runs it. */
async function status(...argv: readonly string[]): Promise<string> {
  const command = startDaemon(lab.namespace('node-a'), ['status', ...argv]);
  expect(await command.ended, command.log()).toBe(0);
  return command.log();
}

const top = async (): Promise<Top> => JSON.parse(await status('--top', '--output', 'json')) as Top;

describe('nftproxier status --top', () => {
  it('tells the connections that were made, to the one, of Services and of endpoints', async () => {
    const { tries } = await lab.probe('client', {
      address: '10.96.0.80',
      port: 80,
      protocol: 'TCP',
      tries: connections,
      timeoutMs: 5_000,
    });
    const answers = tries.map(({ answer }) => answer?.address);
    expect(answers).not.toContain(undefined);
    let found = await top();
    for (let reading = 0; found.connections.connections < connections && reading < 50; reading += 1)
      found = await top();
    expect(found.services.shown).toMatchObject([
      { service: 'default/web', connections },
      { service: 'default/idle', connections: 0 },
    ]);
    for (const address of endpoints) {
      const made = answers.filter((answer) => answer === address).length;
      // Endpoints are in another set, which is read after or before.
      let count = -1;
      for (let reading = 0; count !== made && reading < 50; reading += 1) {
        count = (await top()).endpoints.shown.find((endpoint) => endpoint.address === address)?.connections ?? -1;
      }
      expect(count, address).toBe(made);
    }
    expect(await status('--top')).toMatch(/default\/web +[\d.]+ +60\ndefault\/idle +[\d.]+ +0\n/);
    expect(await status('--service', 'default/web')).toMatch(/60 new connections since the start/);
  });
});
