import { addresses, clientSources, familyOf, podOf } from '../lab/index.js';
import type { Destination, Expectation, Packet, Sender } from './format.js';
import type { PacketSource } from './schema.js';

/** A part of a scenario file that cannot be read. The loader adds which file and where. */
export class ScenarioSyntaxError extends Error {
  override readonly name = 'ScenarioSyntaxError';
}

/**
 * The packets of one entry: one for each sender and destination. `where` tells this entry from all others.
 *
 * @throws ScenarioSyntaxError
 */
export function readPackets(source: PacketSource, where: string): Packet[] {
  return source.from.flatMap((from) => source.to.map((to) => readPacket(source, from, to, where)));
}

function readPacket(source: PacketSource, from: string, to: string, where: string): Packet {
  const destination = readDestination(to);
  return {
    text: `${from} to ${to}`,
    from: readSender(from, destination),
    to: destination,
    expect: readExpectation(source, from, where),
    flow: source.flow === undefined ? undefined : `${source.flow} ${from} ${to}`,
  };
}

function readExpectation(
  { expect, by, shares, source, same, retryEvery }: PacketSource,
  from: string,
  where: string,
): Expectation {
  if (by === undefined) return { kind: expect ?? 'untouched' };
  for (const endpoint of by) readSocketAddress(endpoint);
  // A client's memory is its own; `true` is a name that no other entry has.
  const name = same === undefined ? undefined : `${same === true ? where : same} ${from}`;
  return { kind: 'answered', by, shares, source, same: name, retryEvery };
}

/** `10.96.0.1:80/TCP`, `[fd00:10:96::1]:80/UDP`, `10.96.0.1/ICMP`. */
function readDestination(source: string): Destination {
  const [target = '', protocol] = source.split('/');
  if (protocol === 'ICMP') return { family: familyOf(target), address: target, port: 0, protocol };
  if (protocol !== 'TCP' && protocol !== 'UDP' && protocol !== 'SCTP') {
    throw new ScenarioSyntaxError(`${source}: expected ADDRESS:PORT/TCP, /UDP or /SCTP, or ADDRESS/ICMP`);
  }
  const { address, port } = readSocketAddress(target);
  return { family: familyOf(address), address, port, protocol };
}

/** `10.0.0.1:80` or `[fd00::1]:80`. @throws ScenarioSyntaxError */
function readSocketAddress(source: string): { address: string; port: number } {
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([^[\]:]+)):(\d+)$/.exec(source) ?? [];
  const address = v6 ?? v4;
  if (address === undefined) throw new ScenarioSyntaxError(`${source}: expected ADDRESS:PORT, an IPv6 address in []`);
  familyOf(address);
  return { address, port: Number(port) };
}

/** `pod ADDRESS` (either family), `host`, `host ADDRESS`, `client`, `client ADDRESS`, `node-b`. */
function readSender(source: string, { family }: Destination): Sender {
  const [kind, address] = source.split(' ');
  switch (kind) {
    case 'pod': {
      const pod = podOf(address ?? '');
      if (pod === undefined) throw new ScenarioSyntaxError(`${source}: ${address ?? ''} is no pod address of the lab`);
      return { kind, address: pod.addresses[family] };
    }
    case 'host':
      return { kind, address };
    case 'node-b':
      return { kind, address: addresses['node-b'][family] };
    case 'client': {
      const known = [addresses.client[family], ...clientSources[family]];
      if (address !== undefined && !known.includes(address)) {
        throw new ScenarioSyntaxError(`${source}: the client's ${family} addresses are ${known.join(', ')}`);
      }
      return { kind, address: address ?? addresses.client[family] };
    }
    default:
      throw new ScenarioSyntaxError(`${source}: expected pod ADDRESS, host, client or node-b`);
  }
}
