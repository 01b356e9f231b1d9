import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiServer, recordedObjects } from '../api-server/index.js';
import type { ListeningApiServer } from '../api-server/index.js';
import { createLab } from '../lab/index.js';
import type { Lab } from '../lab/index.js';
import { kubeconfigFor } from './kubeconfig.js';
import { labFlags, startDaemon } from './process.js';
import type { DaemonProcess } from './process.js';

const apiPort = 16_443;
const pods = ['10.244.1.13', '10.244.2.12'] as const;

let lab: Lab;
let folder: string;
let server: ListeningApiServer;
let bridge: Server;
let daemon: DaemonProcess | undefined;
const children: { readonly stdin: { end(): void }; readonly ended: Promise<unknown> }[] = [];

const socket = (): string => join(folder, 'api.sock');

/** From a Unix socket to the API server; without it connections to the API server break at once. */
async function openBridge(): Promise<void> {
  const { port } = new URL(server.url);
  bridge = createServer((client) => {
    const upstream = connect(Number(port), '127.0.0.1');
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  }).listen(socket());
  await once(bridge, 'listening');
}

/** The stand-in API server, reachable at 127.0.0.1 on node-a. */
async function openApiServer(): Promise<void> {
  server = await createApiServer({ objects: recordedObjects() });
  await openBridge();
  const forward = fileURLToPath(new URL('forward.mjs', import.meta.url));
  const child = lab.namespace('node-a').spawn([process.execPath, forward, socket(), String(apiPort)]);
  children.push(child);
  await once(child.stdout, 'data');
}

beforeAll(async () => {
  lab = await createLab();
  folder = await mkdtemp(join(tmpdir(), 'nftproxier-'));
  await openApiServer();
  await writeFile(join(folder, 'kubeconfig'), kubeconfigFor(apiPort));
  for (const address of [...pods, '10.244.2.99']) {
    await lab.serve([{ address, port: 8080, protocol: 'TCP' }]);
  }
});

afterAll(async () => {
  await daemon?.stop('SIGKILL');
  for (const child of children) {
    child.stdin.end();
    await child.ended;
  }
  bridge.close();
  await server.close();
  await rm(folder, { recursive: true });
  await lab.close();
});

const start = (...flags: readonly string[]): DaemonProcess =>
  startDaemon(lab.namespace('node-a'), ['--kubeconfig', join(folder, 'kubeconfig'), ...labFlags, ...flags]);

async function answerers(): Promise<readonly string[]> {
  const report = await lab.probe('client', {
    address: '10.96.98.50',
    port: 80,
    protocol: 'TCP',
    tries: 40,
    timeoutMs: 5_000,
  });
  return [...new Set(report.tries.map(({ answer, outcome }) => answer?.address ?? outcome))].sort();
}

async function eventually<T>(read: () => Promise<T>, expected: T): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    if (JSON.stringify(await read()) === JSON.stringify(expected)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await read()).toEqual(expected);
}

describe('the daemon against an API server', () => {
  it('serves what the API server has', async () => {
    daemon = start();
    await daemon.says('table loaded, serving');
    expect(await answerers()).toEqual([...pods]);
  });

  it('follows a change of endpoints', async () => {
    const [slice] = server.api.objects('EndpointSlice').filter(({ metadata }) => metadata.name === 'frontend-4hts8');
    if (slice === undefined) throw new Error('the recording has no slice of shop/frontend');
    const text = JSON.stringify(slice).replaceAll('10.244.2.12', '10.244.2.99');
    server.api.put({ ...(JSON.parse(text) as typeof slice), kind: 'EndpointSlice' });
    await eventually(answerers, ['10.244.1.13', '10.244.2.99']);
  });

  it('answers health checks and shows its metrics', async () => {
    const fetchText = `fetch('http://127.0.0.1:10256/livez').then(async (r) => console.log(r.status, await (await fetch('http://127.0.0.1:10249/metrics')).text()))`;
    const { stdout } = await lab.exec('node-a', [process.execPath, '-e', fetchText]);
    expect(stdout).toMatch(/^200 /);
    expect(stdout).toMatch(/nftproxier_syncs_total\{kind="change",result="success"\} [1-9]/);
  });

  it('answers a load balancer that asks for local endpoints', async () => {
    const [service] = server.api.objects('Service').filter(({ metadata }) => metadata.name === 'frontend-external');
    const { healthCheckNodePort } = service?.['spec'] as { readonly healthCheckNodePort: number };
    const script = `fetch('http://192.168.10.1:${String(healthCheckNodePort)}/').then(async (r) => console.log(r.status, r.headers.get('x-load-balancing-endpoint-weight'), await r.text()))`;
    const { stdout } = await lab.exec('node-a', [process.execPath, '-e', script]);
    const body = {
      service: { namespace: 'shop', name: 'frontend-external' },
      localEndpoints: 1,
      serviceProxyHealthy: true,
    };
    expect(stdout).toBe(`200 1 ${JSON.stringify(body, undefined, '\t')}`);
  });

  it('applies a new ServiceCIDR at once', async () => {
    const asked = async (): Promise<string> => {
      const request = { address: '10.97.0.77', port: 80, protocol: 'TCP' as const, tries: 1, timeoutMs: 300 };
      return (await lab.probe('client', request)).tries[0]?.outcome ?? '';
    };
    await lab.serve([{ address: '10.97.0.77', port: 80, protocol: 'TCP' }]);
    expect(await asked()).toBe('answered');
    server.api.put({ kind: 'ServiceCIDR', metadata: { name: 'more' }, spec: { cidrs: ['10.97.0.0/16'] } });
    await eventually(asked, 'silent');
  });

  it('opens node ports at an address that the node gains while it runs', async () => {
    await daemon?.stop();
    daemon = start('--nodeport-addresses=192.168.10.0/24,192.168.55.0/24');
    await daemon.says('table loaded, serving');
    await lab.serve([{ address: '10.244.2.16', port: 8080, protocol: 'TCP' }]);
    const asked = async (): Promise<string> => {
      const request = { address: '192.168.55.5', port: 30_880, protocol: 'TCP' as const, tries: 1, timeoutMs: 500 };
      return (await lab.probe('10.244.1.13', request)).tries[0]?.answer?.address ?? 'nobody';
    };
    expect(await asked()).toBe('nobody');
    await lab.exec('node-a', ['ip', 'addr', 'add', '192.168.55.5/32', 'dev', 'lo']);
    await eventually(asked, '10.244.2.16');
    await lab.exec('node-a', ['ip', 'addr', 'del', '192.168.55.5/32', 'dev', 'lo']);
    await eventually(asked, 'nobody');
  });

  it('leaves its rules in place when it is stopped, and a new one takes over without the API server', async () => {
    expect(await daemon?.stop()).toBe(0);
    expect(await answerers()).toEqual(['10.244.1.13', '10.244.2.99']);
    bridge.close();
    daemon = start();
    await daemon.says('starting');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await answerers()).toEqual(['10.244.1.13', '10.244.2.99']);
    expect(daemon.log()).not.toContain('serving');
    await openBridge();
    await daemon.says('table loaded, serving');
    expect(await answerers()).toEqual(['10.244.1.13', '10.244.2.99']);
  });

  it('removes everything with --cleanup', async () => {
    await daemon?.stop();
    const cleanup = startDaemon(lab.namespace('node-a'), ['run', '--cleanup']);
    await cleanup.says('removed all tables');
    await cleanup.stop();
    const { stdout } = await lab.exec('node-a', ['nft', 'list', 'tables']);
    expect(stdout).not.toContain('nftproxier');
  });
});
