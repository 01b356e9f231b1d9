import { createTarget, listElements } from '../../src/run/index.js';
import { payload } from '../../src/syntax/index.js';
import type { Atom, Expression, Operation, Rule } from '../../src/syntax/index.js';
import { makeNamespace } from '../run/namespace.js';
import type { Namespace } from '../run/namespace.js';

/** What the kernel did with packets: where they left to, or were delivered. */
export interface Sighting {
  readonly left: readonly string[];
  readonly masqueraded: boolean;
  readonly delivered: boolean;
}

/** A node and a neighbour that has every other address, to send packets between. */
export interface Wire {
  readonly node: Namespace;
  /** Sends UDP packets, each from a source port of its own, and says what was seen of them behind all other hooks. */
  send(by: 'node' | 'neighbour', from: string, to: string, port: number): Promise<Sighting>;
  remove(): void;
}

/** Enough that one of three endpoints is missed once in 10^8 times. */
const packets = 48;
const macs = { node: '02:00:00:00:00:01', neighbour: '02:00:00:00:00:02' };

export function makeWire(family: 'ip' | 'ip6', nodeAddress: string, neighbours: readonly string[]): Wire {
  const node = makeNamespace();
  const neighbour = makeNamespace();
  const remove = (): void => {
    node.remove();
    neighbour.remove();
  };
  try {
    connect(family, { node, neighbour, nodeAddress, neighbours });
  } catch (error) {
    remove();
    throw error;
  }
  let firstPort = 20_000;
  return {
    node,
    async send(by, from, to, port) {
      await createTarget(node.nft).apply({ table: 'sightings', operations: sightings(family) });
      const sender = by === 'node' ? node : neighbour;
      sender.exec(process.execPath, '-e', sendScript, from, String(firstPort), String(packets), to, String(port));
      firstPort += packets;
      const keys = async (set: string): Promise<readonly (readonly Atom[])[]> =>
        (await listElements(node.nft, { table: 'sightings', set, kind: 'set' })).elements.map(({ key }) => key);
      const left = (await keys('left')).map(([address, number]) => `${String(address)} ${String(number)}`);
      return {
        left: left.sort(),
        masqueraded: (await keys('masqueraded')).length > 0,
        delivered: (await keys('delivered')).length > 0,
      };
    },
    remove,
  };
}

interface Ends {
  readonly node: Namespace;
  readonly neighbour: Namespace;
  readonly nodeAddress: string;
  readonly neighbours: readonly string[];
}

function connect(family: 'ip' | 'ip6', { node, neighbour, nodeAddress, neighbours }: Ends): void {
  const ip = family === 'ip' ? ['ip', '-4'] : ['ip', '-6'];
  const length = family === 'ip' ? '32' : '128';
  node.exec('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', neighbour.name);
  for (const [side, mac] of [[node, macs.node] as const, [neighbour, macs.neighbour] as const]) {
    side.exec(
      'sysctl',
      '-qw',
      'net.ipv6.conf.eth0.accept_dad=0',
      'net.ipv4.conf.all.rp_filter=0',
      'net.ipv4.conf.eth0.rp_filter=0',
    );
    side.exec('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    side.exec('ip', 'link', 'set', 'eth0', 'address', mac, 'up');
  }
  node.exec(...ip, 'address', 'add', `${nodeAddress}/${length}`, 'dev', 'eth0');
  node.exec(...ip, 'route', 'add', 'default', 'dev', 'eth0', 'src', nodeAddress);
  for (const address of neighbours) neighbour.exec(...ip, 'address', 'add', `${address}/${length}`, 'dev', 'eth0');
  neighbour.exec(...ip, 'route', 'add', nodeAddress, 'dev', 'eth0');
  neighbour.exec(...ip, 'neighbour', 'add', nodeAddress, 'lladdr', macs.node, 'dev', 'eth0');
  neighbour.exec(...ip, 'route', 'add', 'default', 'via', nodeAddress, 'dev', 'eth0');
}

// The last hooks of a packet's way, in a table of their own. What loopback brings back was not sent away.
function sightings(family: 'ip' | 'ip6'): readonly Operation[] {
  const key: Expression = { kind: 'concat', parts: [payload(family, 'daddr'), payload('udp', 'dport')] };
  const left: Rule = [{ kind: 'update', set: 'left', key }];
  const masqueraded: Rule = [
    { kind: 'match', left: { kind: 'ct', key: 'status' }, op: '==', right: { kind: 'value', value: 'snat' } },
    { kind: 'update', set: 'masqueraded', key },
  ];
  const delivered: Rule = [{ kind: 'update', set: 'delivered', key }];
  return [
    { op: 'add-table' },
    { op: 'delete-table' },
    { op: 'add-table' },
    ...['left', 'masqueraded', 'delivered'].map((name): Operation => ({
      op: 'add-set',
      set: { name, key, flags: ['dynamic'], size: 1024 },
    })),
    { op: 'add-chain', chain: { name: 'out', base: { type: 'filter', hook: 'postrouting', priority: 200 } } },
    { op: 'add-chain', chain: { name: 'in', base: { type: 'filter', hook: 'input', priority: 200 } } },
    { op: 'add-rule', chain: 'out', rule: left },
    { op: 'add-rule', chain: 'out', rule: masqueraded },
    { op: 'add-rule', chain: 'in', rule: delivered },
  ];
}

// Packets that an ICMP error or a filter answers at once are errors of later packets: not of interest here.
const sendScript = `
const [from, first, count, to, port] = process.argv.slice(1);
const sockets = Array.from({ length: Number(count) }, (_, i) => new Promise((done) => {
  const socket = require('node:dgram').createSocket(from.includes(':') ? 'udp6' : 'udp4');
  const close = () => { socket.close(done); };
  socket.on('error', close);
  socket.bind(Number(first) + i, from, () => socket.send('x', Number(port), to, close));
}));
Promise.all(sockets);
`;
