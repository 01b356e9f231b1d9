import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { nodeView, parseAddress, Planner } from '@nftproxier/core';
import type { Client, EndpointSlice, Family, Protocol, Service, ServicePortPlan } from '@nftproxier/core';
import { createLoadTarget, Loader } from '../../src/load/index.js';
import { defaultTableSettings } from '../../src/ruleset/index.js';
import type { TableSettings } from '../../src/ruleset/index.js';
import { makeNamespace } from '../run/namespace.js';

const script = fileURLToPath(new URL('talk.mjs', import.meta.url));

/** The endpoints, all on the node: the number is the address's last one. */
export function endpoint(family: Family, number: number): string {
  return family === 'IPv4' ? `10.244.0.${String(number)}` : `fd00:244::${number.toString(16)}`;
}

/** A client of a /16 or /64 that are all one machine's. */
export function client(family: Family, number: number): string {
  return family === 'IPv4'
    ? `10.77.${String(number >> 8)}.${String(number & 0xff)}`
    : `fd00:77:1::${(number + 1).toString(16)}`;
}

const addresses = {
  node: { IPv4: '192.168.77.1', IPv6: 'fd00:77::1' },
  client: { IPv4: '192.168.77.2', IPv6: 'fd00:77::2' },
};

/** A node with its endpoints, and a machine that can be 65,000 clients. */
export async function openLab(endpoints: number, settings: TableSettings = defaultTableSettings) {
  const node = makeNamespace();
  const clients = makeNamespace();
  const children: ChildProcess[] = [];
  const run = (where: string, ...args: readonly string[]): ChildProcess => {
    const child = spawn('ip', ['netns', 'exec', where, process.execPath, script, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    return child;
  };

  node.exec('ip', 'link', 'add', 'net0', 'type', 'veth', 'peer', 'name', 'net0', 'netns', clients.name);
  for (const [family, bits] of [
    ['IPv4', 24],
    ['IPv6', 64],
  ] as const) {
    const flags = family === 'IPv6' ? ['nodad'] : [];
    node.exec('ip', 'address', 'add', `${addresses.node[family]}/${String(bits)}`, 'dev', 'net0', ...flags);
    clients.exec('ip', 'address', 'add', `${addresses.client[family]}/${String(bits)}`, 'dev', 'net0', ...flags);
    for (let number = 1; number <= endpoints; number += 1) {
      node.exec('ip', 'address', 'add', endpoint(family, number), 'dev', 'lo', ...flags);
    }
  }
  for (const { exec } of [node, clients]) exec('ip', 'link', 'set', 'net0', 'up');
  for (const [family, version, network] of [
    ['IPv4', '-4', '10.77.0.0/16'],
    ['IPv6', '-6', 'fd00:77:1::/64'],
  ] as const) {
    clients.exec('ip', version, 'route', 'add', 'default', 'via', addresses.node[family], 'dev', 'net0');
    clients.exec('ip', version, 'route', 'add', 'local', network, 'dev', 'lo');
    node.exec('ip', version, 'route', 'add', network, 'via', addresses.client[family], 'dev', 'net0');
  }
  clients.exec('sysctl', '-qw', 'net.ipv6.ip_nonlocal_bind=1');
  node.exec('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
  const all = Array.from({ length: endpoints }, (_, index) => index + 1);
  const server = run(
    node.name,
    'serve',
    ...all.flatMap((number) => [endpoint('IPv4', number), endpoint('IPv6', number)]),
  );
  if (server.stdout !== null) await once(server.stdout, 'data');

  const planner = new Planner(nodeView('here', { addresses: Object.values(addresses.node) }));
  const target = createLoadTarget(node.nft);
  const loader = new Loader(target);
  const replace = async (): Promise<void> => {
    planner.takeChanges();
    const nodePortAddresses = Object.values(addresses.node).flatMap((address) => parseAddress(address) ?? []);
    const network = { nodePortAddresses, serviceCIDRs: [] };
    await loader.replace({ settings, network, plans: planner.plans.values() });
  };

  return {
    node,
    target,
    planner,
    loader,
    replace,
    /** Changes objects, and the table with them. */
    async apply(...objects: readonly (Service | EndpointSlice)[]): Promise<void> {
      for (const object of objects) {
        if (object.kind === 'Service') planner.setService(object);
        else planner.setEndpointSlice(object);
      }
      if (loader.model === undefined) await replace();
      else await loader.apply(planner.takeChanges());
    },
    /** The plan of the port of a Service in a family. */
    port(service: string, family: Family, protocol: Protocol): ServicePortPlan {
      const plan = [...planner.plans].find(([key]) => key === `default/${service}`)?.[1];
      const found = plan?.ports.find((port) => port.family === family && port.protocol === protocol);
      if (found === undefined) throw new Error(`${service} has no port ${protocol} of ${family}`);
      return found;
    },
    /** One connection from each client; which endpoints answered, in the clients' order. */
    async ask(protocol: Protocol, to: string, port: number, from: readonly Client[]): Promise<readonly string[]> {
      const child = run(clients.name, 'ask');
      child.stdin?.end(JSON.stringify({ protocol, to, port, clients: from }));
      const output = child.stdout === null ? '' : await text(child.stdout);
      return JSON.parse(output) as readonly string[];
    },
    async close(): Promise<void> {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const ended = once(child, 'exit');
        child.kill();
        await ended;
      }
      clients.remove();
      node.remove();
    },
  };
}

/** A node, its clients and its endpoints. */
export type Lab = Awaited<ReturnType<typeof openLab>>;
