import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalog } from '../../packages/daemon/src/metrics/index.js';
import type { Metric } from '../../packages/daemon/src/metrics/index.js';
import { parseExposition } from '../../packages/daemon/test/metrics/exposition.js';
import { createApiServer, recordedObjects } from '../api-server/index.js';
import type { ListeningApiServer, StoredObject } from '../api-server/index.js';
import { createLab } from '../lab/index.js';
import type { Lab } from '../lab/index.js';
import { kubeconfigFor } from './kubeconfig.js';
import { startDaemon } from './process.js';
import type { DaemonProcess } from './process.js';

/*
 * The daemon as kubeadm's DaemonSet starts kube-proxy: its ConfigMap, unchanged, at its path, and its two flags. The two
 * settings that are the whole machine's are files of the test in the daemon's mount namespace.
 */
const apiPort = 16_443;
const kubeadm = fileURLToPath(new URL('../../packages/daemon/test/config/kubeadm.conf.yaml', import.meta.url));
const mounts = `set -e
mount -t tmpfs none /var/lib
mkdir /var/lib/kube-proxy
mount --bind "$1" /var/lib/kube-proxy
mount --bind "$1/max" /proc/sys/net/netfilter/nf_conntrack_max
if [ -e /sys/module/nf_conntrack/parameters/hashsize ]; then mount --bind "$1/hashsize" /sys/module/nf_conntrack/parameters/hashsize; fi
shift
exec "$@"`;

let lab: Lab;
let folder: string;
let server: ListeningApiServer;
let bridge: Server | undefined;
let daemon: DaemonProcess;
const children: { readonly stdin: { end(): void }; readonly ended: Promise<unknown> }[] = [];

beforeAll(async () => {
  lab = await createLab();
  folder = await mkdtemp(join(tmpdir(), 'nftproxier-'));
  server = await createApiServer({ objects: recordedObjects() });
  await copyFile(kubeadm, join(folder, 'config.conf'));
  await writeFile(join(folder, 'max'), '1');
  await writeFile(join(folder, 'hashsize'), '1');
  await writeFile(join(folder, 'kubeconfig.conf'), kubeconfigFor(apiPort));
  const { prefix } = lab.namespace('node-a');
  daemon = startDaemon({ prefix: [...prefix, 'unshare', '--mount', 'sh', '-c', mounts, 'sh', folder] }, [
    '--config=/var/lib/kube-proxy/config.conf',
    '--hostname-override=node-a',
  ]);
  await daemon.says('the metrics server listens');
});

afterAll(async () => {
  await daemon.stop('SIGKILL');
  for (const child of children) {
    child.stdin.end();
    await child.ended;
  }
  bridge?.close();
  await server.close();
  await rm(folder, { recursive: true });
  await lab.close();
});

/** Lets the daemon reach the API server. */
async function openApiServer(): Promise<void> {
  const socket = join(folder, 'api.sock');
  const { port } = new URL(server.url);
  bridge = createServer((client) => {
    const upstream = connect(Number(port), '127.0.0.1');
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  }).listen(socket);
  await once(bridge, 'listening');
  const forward = fileURLToPath(new URL('forward.mjs', import.meta.url));
  const child = lab.namespace('node-a').spawn([process.execPath, forward, socket, String(apiPort)]);
  children.push(child);
  await once(child.stdout, 'data');
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly sniff: string;
  readonly body: string;
}

/** Metrics that have no value until something goes wrong, or is switched on, as in other tests. */
const elsewhere: readonly string[] = [
  'kubeproxy_sync_proxy_rules_nftables_sync_failures_total',
  'kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total',
  'nftproxier_transaction_failures_total',
  'nftproxier_service_new_connections_total',
  'nftproxier_endpoint_new_connections_total',
  'nftproxier_counter_readings_total',
];

const health = 10_256;
const metrics = 10_249;

/** Asks the daemon, all in one go. */
async function ask<Path extends string>(port: number, ...paths: readonly Path[]): Promise<Record<Path, Answer>> {
  const script = `Promise.all(${JSON.stringify(paths)}.map(async (path) => {
    const r = await fetch('http://127.0.0.1:${String(port)}' + path);
    const header = (name) => r.headers.get(name) ?? '';
    return [path, { status: r.status, type: header('content-type'), sniff: header('x-content-type-options'), body: await r.text() }];
  })).then((all) => console.log(JSON.stringify(Object.fromEntries(all))))`;
  const { stdout } = await lab.exec('node-a', [process.execPath, '-e', script]);
  return JSON.parse(stdout) as Record<Path, Answer>;
}

async function eventually(check: () => Promise<void>): Promise<void> {
  for (let tries = 0; tries < 60; tries += 1) {
    const failed = await check().then(
      () => false,
      () => true,
    );
    if (!failed) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await check();
}

const probes = async () => {
  const answers = await ask(health, '/healthz', '/livez', '/readyz');
  return Object.fromEntries(
    Object.entries(answers).map(([path, { status, body }]) => {
      const { healthy, nodeEligible, ready } = JSON.parse(body) as Record<string, unknown>;
      return [path, { status, healthy, ...(nodeEligible === undefined ? { ready } : { nodeEligible }) }];
    }),
  );
};

const node = (): StoredObject & { readonly kind: string } => {
  const [found] = server.api.objects('Node').filter(({ metadata }) => metadata.name === 'node-a');
  if (found === undefined) throw new Error('the recording has no node-a');
  return { ...found, kind: 'Node' };
};

describe("with kubeadm's ConfigMap", () => {
  it('before it has read the cluster it is alive, and neither ready nor to be sent traffic', async () => {
    expect(await probes()).toEqual({
      '/healthz': { status: 503, healthy: true, nodeEligible: false },
      '/livez': { status: 200, healthy: true },
      '/readyz': { status: 503, healthy: true, ready: false },
    });
  });

  it('starts and serves, without an error, and with the settings of the kernel made', async () => {
    await openApiServer();
    await daemon.says('table loaded, serving');
    expect(daemon.log().match(/^[EF] .*/gmu) ?? []).toEqual([]);
    expect(Number(await readFile(join(folder, 'max'), 'utf8'))).toBeGreaterThanOrEqual(131_072);
    const { stdout } = await lab.exec('node-a', [
      'cat',
      '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established',
    ]);
    expect(stdout.trim()).toBe('86400');
  });

  it('in sync everything is good', async () => {
    await eventually(async () => {
      expect(await probes()).toEqual({
        '/healthz': { status: 200, healthy: true, nodeEligible: true },
        '/livez': { status: 200, healthy: true },
        '/readyz': { status: 200, healthy: true, ready: true },
      });
    });
  });

  it("answers on kube-proxy's ports with kube-proxy's types and bodies", async () => {
    const json = { status: 200, type: 'application/json', sniff: 'nosniff' };
    const text = { status: 200, type: 'text/plain; charset=utf-8', sniff: 'nosniff' };
    const onHealth = await ask(health, '/healthz', '/livez', '/readyz', '/metrics');
    for (const path of ['/healthz', '/livez', '/readyz'] as const) expect(onHealth[path]).toMatchObject(json);
    expect(onHealth['/metrics']).toMatchObject({ status: 404 });
    expect(JSON.parse(onHealth['/livez'].body)).toEqual({
      lastUpdated: expect.any(String) as string,
      currentTime: expect.any(String) as string,
      healthy: true,
      status: expect.objectContaining({ IPv4: { lastUpdated: expect.any(String) as string, healthy: true } }) as object,
    });

    const paths = ['/healthz', '/proxyMode', '/configz', '/statusz', '/flagz', '/metrics', '/metrics/slis'] as const;
    const answers = await ask(metrics, ...paths, '/debug/pprof/', '/nothing');
    expect(answers['/healthz']).toEqual({ ...text, body: 'ok' });
    expect(answers['/proxyMode']).toEqual({ ...text, body: 'nftables' });
    expect(answers['/configz']).toMatchObject(json);
    const configz = JSON.parse(answers['/configz'].body) as Record<string, Record<string, unknown>>;
    expect(Object.keys(configz)).toEqual(['kubeproxy.config.k8s.io']);
    expect(configz['kubeproxy.config.k8s.io']).toMatchObject({
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: 'nftables',
      clusterCIDR: '10.244.0.0/16',
      hostnameOverride: 'node-a',
    });
    expect(answers['/statusz']).toMatchObject(text);
    expect(answers['/statusz'].body).toContain('Paths: /configz /flagz /healthz');
    expect(answers['/flagz']).toMatchObject(text);
    expect(answers['/flagz'].body).toContain('hostname-override=node-a\n');
    expect(answers['/metrics'].type).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answers['/metrics/slis'].body).toContain('kubernetes_healthcheck{name="proxy",type="livez"} 1');
    // Profiling is off, as in kube-proxy unless it is switched on.
    expect(answers['/debug/pprof/']).toMatchObject({ status: 404 });
    expect(answers['/nothing']).toMatchObject({ status: 404 });
  });

  it('a node that is going is no longer sent traffic, but lives and serves', async () => {
    const draining = {
      '/healthz': { status: 503, healthy: true, nodeEligible: false },
      '/livez': { status: 200, healthy: true },
      '/readyz': { status: 200, healthy: true, ready: true },
    };
    const before = node();
    const spec = before['spec'] as object;
    const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }];
    server.api.put({ ...before, spec: { ...spec, taints } });
    await eventually(async () => expect(await probes()).toEqual(draining));
    server.api.put(before);
    await eventually(async () => expect((await probes())['/healthz']).toMatchObject({ status: 200 }));
    server.api.put({ ...before, metadata: { ...before.metadata, deletionTimestamp: new Date().toISOString() } });
    await eventually(async () => expect(await probes()).toEqual(draining));
    server.api.put(before);
    await eventually(async () => expect((await probes())['/healthz']).toMatchObject({ status: 200 }));
  });

  it('writes Events: of its start at the Node, and of a conflict at the Service that has to wait', async () => {
    const conflicting = (name: string, clusterIP: string, at: string) => ({
      kind: 'Service',
      metadata: { name, namespace: 'shop', uid: `uid-of-${name}`, creationTimestamp: at },
      spec: {
        ...{ type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ipFamilies: ['IPv4'] },
        ...{ externalIPs: ['203.0.113.77'], ports: [{ port: 80, protocol: 'TCP' }] },
      },
    });
    server.api.put(conflicting('first', '10.96.200.1', '2026-01-01T00:00:00Z'));
    server.api.put(conflicting('second', '10.96.200.2', '2026-01-02T00:00:00Z'));
    const reasons = (): readonly unknown[] => server.api.objects('Event').map((event) => event['reason']);
    await eventually(async () => {
      await Promise.resolve();
      expect(reasons()).toEqual(expect.arrayContaining(['Starting', 'AddressConflict']));
    });
    const [started] = server.api.objects('Event').filter((event) => event['reason'] === 'Starting');
    expect(started).toMatchObject({
      metadata: { namespace: 'default' },
      type: 'Normal',
      action: 'StartKubeProxy',
      reportingController: 'kube-proxy',
      regarding: { apiVersion: 'v1', kind: 'Node', name: 'node-a' },
    });
    const conflicts = server.api.objects('Event').filter((event) => event['reason'] === 'AddressConflict');
    expect(conflicts.map((event) => event['regarding'])).toContainEqual(
      expect.objectContaining({ kind: 'Service', namespace: 'shop', name: 'second', uid: 'uid-of-second' }),
    );
  });

  it('shows every metric of the catalogue with a value', async () => {
    const [slice] = server.api.objects('EndpointSlice').filter(({ metadata }) => metadata.name === 'frontend-4hts8');
    if (slice === undefined) throw new Error('the recording has no slice of shop/frontend');
    const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': new Date().toISOString() };
    server.api.put({ ...slice, kind: 'EndpointSlice', metadata: { ...slice.metadata, annotations }, endpoints: [] });
    await eventually(async () => {
      const families = parseExposition((await ask(metrics, '/metrics'))['/metrics'].body);
      const silent = (catalog as readonly Metric[]).filter(
        ({ name }) => !elsewhere.includes(name) && (families.get(name)?.samples.length ?? 0) === 0,
      );
      expect(silent.map(({ name }) => name)).toEqual([]);
    });
  });

  it('ends, to be started anew, when its file has something that only a new process can follow', async () => {
    const text = await readFile(kubeadm, 'utf8');
    await writeFile(join(folder, 'config.conf'), text.replace('clusterCIDR: 10.244.0.0/16', 'clusterCIDR: 10.0.0.0/8'));
    await daemon.says('the configuration file has other values for clusterCIDR');
    expect(await daemon.stop()).toBe(1);
    const { stdout } = await lab.exec('node-a', ['nft', 'list', 'tables']);
    expect(stdout).toContain('inet nftproxier');
  });
});
