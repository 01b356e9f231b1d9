import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeView, Planner } from '@nftproxier/core';
import type { EndpointSlice, Service, ServicePlan } from '@nftproxier/core';
import { ConntrackCleaner, listFlows } from '../../src/conntrack/index.js';
import type { CleaningReport, Flow, PlanTransition } from '../../src/conntrack/index.js';
import { createLoadTarget, Loader } from '../../src/load/index.js';
import { defaultTableSettings } from '../../src/ruleset/settings.js';
import { createConntrack } from '../../src/run/conntrack.js';
import { makeNamespace } from '../run/namespace.js';
import { address } from './plans.js';

/** Where the endpoints are, all on the node: the last digit of an address is the endpoint's number. */
export const endpoints = {
  IPv4: ['10.244.0.1', '10.244.0.2', '10.244.0.3'],
  IPv6: ['fd00:244::1', 'fd00:244::2', 'fd00:244::3'],
} as const;
export const nodeAddresses = { IPv4: '192.168.77.1', IPv6: 'fd00:77::1' } as const;
const clientAddresses = { IPv4: '192.168.77.2', IPv6: 'fd00:77::2' } as const;
const script = fileURLToPath(new URL('datagrams.mjs', import.meta.url));

/** A client, and a node with a table and endpoints; both in namespaces of their own. */
export async function openLab(options: { readonly conntrackCommand?: string } = {}) {
  const node = makeNamespace();
  const client = makeNamespace();
  const children: ChildProcess[] = [];
  const received: string[] = [];
  const conntrack = createConntrack({
    netns: node.name,
    ...(options.conntrackCommand !== undefined && { command: options.conntrackCommand }),
  });

  const start = async (
    where: string,
    onLine: (line: string) => void,
    ...args: readonly string[]
  ): Promise<() => void> => {
    const child = spawn('ip', ['netns', 'exec', where, process.execPath, script, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    await new Promise<void>((resolve, reject) => {
      child.on('exit', () => reject(new Error(`${args.join(' ')} ended`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line === 'ready') resolve();
        else onLine(line);
      });
    });
    return () => child.stdin.end();
  };

  const configure = (): void => {
    node.exec('ip', 'link', 'add', 'net0', 'type', 'veth', 'peer', 'name', 'net0', 'netns', client.name);
    for (const [family, bits] of [
      ['IPv4', 24],
      ['IPv6', 64],
    ] as const) {
      const flags = family === 'IPv6' ? ['nodad'] : [];
      node.exec('ip', 'address', 'add', `${nodeAddresses[family]}/${String(bits)}`, 'dev', 'net0', ...flags);
      client.exec('ip', 'address', 'add', `${clientAddresses[family]}/${String(bits)}`, 'dev', 'net0', ...flags);
      for (const endpoint of endpoints[family]) node.exec('ip', 'address', 'add', endpoint, 'dev', 'lo', ...flags);
    }
    for (const { exec } of [node, client]) exec('ip', 'link', 'set', 'net0', 'up');
    for (const family of ['IPv4', 'IPv6'] as const) {
      const version = family === 'IPv4' ? '-4' : '-6';
      client.exec('ip', version, 'route', 'add', 'default', 'via', nodeAddresses[family], 'dev', 'net0');
    }
    node.exec('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
  };

  const planner = new Planner(nodeView('here', { addresses: Object.values(nodeAddresses) }));
  const loader = new Loader(createLoadTarget(node.nft));
  const reports: CleaningReport[] = [];
  const cleaner = new ConntrackCleaner({
    conntrack,
    clock: {
      now: () => performance.now(),
      after: (delay, callback) => {
        const timer = setTimeout(callback, delay);
        return () => clearTimeout(timer);
      },
    },
    isNodePortAddress: (candidate) => candidate === nodeAddresses.IPv4 || candidate === nodeAddresses.IPv6,
    onReport: (report) => reports.push(report),
  });
  const settings = {
    ...defaultTableSettings,
    nodePorts: { IPv4: { kind: 'listed' }, IPv6: { kind: 'listed' } },
  } as const;
  const network = { nodePortAddresses: Object.values(nodeAddresses).map(address), serviceCIDRs: [] };

  /** The sync: plan, table, flows. */
  const sync = async (): Promise<void> => {
    const changes = planner.takeChanges();
    if (loader.model === undefined) {
      await loader.replace({ settings, network, plans: planner.plans.values() });
      cleaner.started(planner.plans.values());
      return;
    }
    const before = new Map(changes.map(({ service }) => [service, loader.model?.planOf(service)]));
    await loader.apply(changes);
    cleaner.changed(changes.map(({ service, plan }): PlanTransition => ({ before: before.get(service), after: plan })));
  };

  configure();
  const serving = Object.values(endpoints).flatMap((all) => all.flatMap((endpoint) => [endpoint, '5353']));
  await start(node.name, (line) => received.push(line), 'serve', ...serving);

  return {
    node,
    client,
    conntrack,
    planner,
    loader,
    cleaner,
    reports,
    sync,
    /** Changes objects, and syncs. */
    async apply(...objects: readonly (Service | EndpointSlice)[]): Promise<void> {
      for (const object of objects) {
        if (object.kind === 'Service') planner.setService(object);
        else planner.setEndpointSlice(object);
      }
      await sync();
    },
    async remove(service: Service): Promise<void> {
      planner.deleteService(service);
      await sync();
    },
    plans: (): Iterable<ServicePlan> => planner.plans.values(),
    /** Sends from a port until told to stop. */
    send: (from: number, to: string, port: number): Promise<() => void> =>
      start(client.name, () => undefined, 'send', String(from), to, String(port)),
    burst: (count: number, to: string, port: number): Promise<() => void> =>
      start(client.name, () => undefined, 'burst', String(count), to, String(port)),
    /** Makes entries without packets, by commands of conntrack. */
    async enter(...commands: readonly string[]): Promise<void> {
      await createConntrack({ netns: node.name }).load(commands.map((command) => `${command}\n`).join(''));
    },
    /** Who got the last datagram. */
    last: (): string | undefined => received.at(-1)?.split(' ')[0],
    /** Datagrams an endpoint got. */
    count: (endpoint: string): number => received.filter((line) => line.startsWith(`${endpoint} `)).length,
    /** The flows of a protocol: client's port > what it asked for = whom it talks to. */
    async flows(protocol: Flow['protocol'] = 'UDP'): Promise<readonly string[]> {
      const found: string[] = [];
      await listFlows(createConntrack({ netns: node.name }), { protocol }, ({ original, reply }) => {
        const server = `${reply.src} ${String(reply.sport)}`;
        found.push(`${String(original.sport)} > ${original.dst} ${String(original.dport)} = ${server}`);
      });
      return found.sort();
    },
    async close(): Promise<void> {
      await cleaner.stop();
      for (const child of children) {
        child.removeAllListeners('exit');
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill();
        await ended;
      }
      client.remove();
      node.remove();
    },
  };
}

export type Lab = Awaited<ReturnType<typeof openLab>>;

/** Waits until something is so. After 500 looks it fails, and says what there was instead. */
export async function until(holds: () => boolean | Promise<boolean>, what: () => unknown = () => ''): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (await holds()) return;
    await sleep(20);
  }
  throw new Error(`it did not come about: ${String(holds)} ${JSON.stringify(await what())}`);
}
