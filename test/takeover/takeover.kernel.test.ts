import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { labFlags, startDaemon } from '../daemon/process.js';
import type { DaemonProcess } from '../daemon/process.js';
import { createLab } from '../lab/index.js';
import type { Family, Lab } from '../lab/index.js';
import { kubeProxyTable } from './kube-proxy.js';
import { manifests, services, targets } from './services.js';
import { startTraffic } from './traffic.js';
import type { Traffic, TrafficReport } from './traffic.js';

let lab: Lab | undefined;
let folder = '';
const daemons: DaemonProcess[] = [];
const traffics: Traffic[] = [];
const children: { readonly stdin: { end(): void }; readonly ended: Promise<unknown> }[] = [];

afterEach(async () => {
  for (const traffic of traffics.splice(0)) await traffic.stop();
  for (const daemon of daemons.splice(0)) await daemon.stop('SIGKILL');
  for (const child of children.splice(0)) {
    child.stdin.end();
    await child.ended;
  }
  await lab?.close();
  await rm(folder, { recursive: true });
});

/** A node that kube-proxy has served so far. */
async function openNode(families: readonly Family[]): Promise<Lab> {
  lab = await createLab({ families });
  folder = await mkdtemp(join(tmpdir(), 'nftproxier-'));
  await writeFile(join(folder, 'objects.json'), JSON.stringify(manifests(families)));
  const endpoints = [...new Set(services(families).flatMap((service) => service.endpoints))];
  await lab.serve(
    endpoints.flatMap((address) => (['TCP', 'UDP'] as const).map((protocol) => ({ address, port: 8080, protocol }))),
  );
  await startKubeProxy(lab);
  return lab;
}

/** kube-proxy starts: it makes its tables, or makes them anew. */
async function startKubeProxy(on: Lab): Promise<void> {
  await on.nft(on.families.map((family) => kubeProxyTable(family, services(on.families))).join(''));
}

async function trafficOn(on: Lab): Promise<Traffic> {
  const traffic = await startTraffic(on, targets(on.families));
  traffics.push(traffic);
  return traffic;
}

function nftproxier(on: Lab, ...args: readonly string[]): DaemonProcess {
  const daemon = startDaemon(on.namespace('node-a'), args);
  daemons.push(daemon);
  return daemon;
}

const start = (on: Lab, ...more: readonly string[]): DaemonProcess =>
  nftproxier(on, '--manifests', folder, ...labFlags, ...more);

async function cleanup(on: Lab, ...more: readonly string[]): Promise<string> {
  const process = nftproxier(on, 'cleanup', ...more);
  expect(await process.ended).toBe(0);
  return process.log();
}

/** All tables but the one that is there as long as a daemon is, to keep NAT alive. */
const tables = async (on: Lab): Promise<readonly string[]> =>
  (await on.exec('node-a', ['nft', 'list', 'tables'])).stdout
    .split('\n')
    .filter((line) => line !== '' && line !== 'table inet nftproxier-keeper')
    .sort();

const theirs = (families: readonly Family[]): readonly string[] =>
  families.map((family) => `table ${family === 'IPv4' ? 'ip' : 'ip6'} kube-proxy`);

function expectNothingLost(report: TrafficReport, what: string): void {
  const attempted = report.connections.reduce((sum, { attempted: count }) => sum + count, 0);
  const failed = report.connections.reduce((sum, { failed: count }) => sum + count, 0);
  console.log(
    `${what}: ${String(report.open)} open flows, asked ${String(report.asked)} times, ${String(report.broken.length)} broken; ` +
      `${String(attempted)} new connections, ${String(failed)} failed; ` +
      `${String(report.datagrams)} new datagrams, ${String(report.lostDatagrams.length)} lost`,
  );
  expect(report.broken).toEqual([]);
  expect(report.connections.map(({ failures }) => failures)).toEqual(report.connections.map(() => ({})));
  expect(report.lostDatagrams).toEqual([]);
  expect(attempted).toBeGreaterThan(200);
  expect(report.datagrams).toBeGreaterThan(50);
  expect(report.asked).toBeGreaterThan(3 * report.open);
}

const rounds = 2;

describe.each([[['IPv4', 'IPv6'] as const], [['IPv4'] as const]])('from kube-proxy and back, with %s', (families) => {
  it('no open connection breaks and no new one fails', { retry: 0, timeout: 240_000 }, async () => {
    const node = await openNode(families);
    const traffic = await trafficOn(node);
    for (let round = 0; round < rounds; round += 1) {
      const daemon = start(node);
      for (const table of theirs(families)) await daemon.says(`what="${table}"`);
      expect(await tables(node)).toEqual([expect.stringMatching(/^table inet nftproxier/u)]);
      expect(await daemon.stop()).toBe(0);
      await startKubeProxy(node);
      expect(await cleanup(node)).toContain('removed all tables of nftproxier');
      expect(await tables(node)).toEqual(theirs(families));
    }
    expectNothingLost(await traffic.stop(), `${String(rounds)} times there and back, ${families.join(' and ')}`);
  });
});

describe('while kube-proxy runs', () => {
  it(
    'its tables are left alone, and are removed by the next start after it has ended',
    { timeout: 120_000 },
    async () => {
      const node = await openNode(['IPv4', 'IPv6']);
      await copyFile('/bin/cat', join(folder, 'kube-proxy'));
      const kubeProxy = node.namespace('node-a').spawn([join(folder, 'kube-proxy')]);
      children.push(kubeProxy);
      const traffic = await trafficOn(node);
      const first = start(node);
      await first.says('table loaded, serving');
      await first.says('kube-proxy runs on this node (process ');
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(await tables(node)).toEqual(['table inet nftproxier', ...theirs(node.families)]);
      const page = `fetch('http://127.0.0.1:10249/metrics').then(async (r) => console.log(await r.text()))`;
      expect((await node.exec('node-a', [process.execPath, '-e', page])).stdout).toMatch(
        /^nftproxier_kube_proxy_running 1$/m,
      );
      await first.stop();
      kubeProxy.stdin.end();
      await kubeProxy.ended;
      const second = start(node);
      for (const table of theirs(node.families)) await second.says(`what="${table}"`);
      expect(await tables(node)).toEqual(['table inet nftproxier-2']);
      expectNothingLost(await traffic.stop(), 'beside a running kube-proxy');
    },
  );

  it('--takeover=false leaves its tables, and cleanup --kube-proxy removes them, and nobody else’s', async () => {
    const node = await openNode(['IPv4']);
    await node.nft('add table ip kube-proxy-monitor\nadd table ip other\nadd chain ip other KUBE-SERVICES\n');
    const daemon = start(node, '--takeover=false');
    await daemon.says('table loaded, serving');
    await daemon.stop();
    const others = ['table ip kube-proxy-monitor', 'table ip other'];
    expect(await tables(node)).toEqual(['table inet nftproxier', ...theirs(['IPv4']), ...others].toSorted());
    expect(await cleanup(node, '--kube-proxy')).toContain('removed table ip kube-proxy');
    expect(await tables(node)).toEqual(others);
    expect(await cleanup(node, '--kube-proxy')).toContain('nothing of kube-proxy was there');
  });
});

describe('cleanup', () => {
  it('says that it is in vain while nftproxier runs', async () => {
    const node = await openNode(['IPv4']);
    const daemon = start(node);
    await daemon.says('table loaded, serving');
    const process = nftproxier(node, 'cleanup');
    expect(await process.ended).toBe(1);
    expect(process.log()).toContain('already serves in this network namespace');
  });
});
