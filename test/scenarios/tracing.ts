import type { Packet as TracedPacket } from '@nftproxier/nft';
import { mismatchOf } from '@nftproxier/nft/testing';
import type { PacketExpectation, Ruleset } from '@nftproxier/nft/testing';
import { addresses, podBridge, podInterfacePrefix, podNetworks, podOf } from '../lab/index.js';
import type { Expectation, Packet, Scenario, World } from './format.js';
import { locate, type Failure } from './failure.js';
import { labOptions } from './labs.js';

/** A proxy without a kernel. */
export interface TracedProxy {
  /** Serves this world from now on. */
  apply(world: World): Promise<void>;
  /** What the kernel would hold. */
  readonly ruleset: Ruleset;
  /** The node's own addresses: those of the world and of the lab. */
  readonly localAddresses: readonly string[];
}

/** Plays a scenario on a tracer: every endpoint a packet may reach is compared at once. */
export async function runOnTracer(scenario: Scenario, start: () => TracedProxy): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  let proxy = start();
  for (const step of scenario.steps) {
    if (step.restart) proxy = start();
    await proxy.apply(step.world);
    for (const packet of step.packets) {
      // A packet on an open flow is connection tracking's affair, not the ruleset's.
      if (packet.flow !== undefined) continue;
      const mismatch = mismatchOf(proxy.ruleset, tracedPacket(scenario, packet), proxy, expectationOf(packet.expect));
      failures.push(...locate(scenario, step, packet, mismatch?.fault));
    }
  }
  return failures;
}

/** The first packet of a new connection, as the node's hooks see it. */
function tracedPacket(scenario: Scenario, { from, to }: Packet): TracedPacket {
  const source = from.address ?? addresses['node-a'][to.family];
  const name = inputInterface(scenario, from.kind, source);
  return {
    // An echo request has no port: it finds no service, like a packet to port 0, which no service has.
    protocol: to.protocol === 'ICMP' ? 'tcp' : words[to.protocol],
    port: to.protocol === 'ICMP' ? 0 : to.port,
    from: source,
    to: to.address,
    arrives: name === undefined ? { kind: 'local' } : { kind: 'interface', name },
  };
}

const words = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const;

function expectationOf(expect: Expectation): PacketExpectation {
  if (expect.kind !== 'answered') return expect;
  const { kind, by, shares, source, same, retryEvery } = expect;
  return { kind, by, shares, source, same: same !== undefined, others: retryEvery !== undefined };
}

/** Every address the lab's node-a has, without those a scenario adds. */
export const nodeAddresses: readonly string[] = (['IPv4', 'IPv6'] as const).flatMap((family) => [
  addresses['node-a'][family],
  addresses.uplink[family],
  podNetworks['node-a'][family].gateway,
  family === 'IPv4' ? '127.0.0.1' : '::1',
]);

function inputInterface(scenario: Scenario, kind: Packet['from']['kind'], source: string): string | undefined {
  if (kind === 'host') return undefined;
  const pod = podOf(source);
  if (pod?.node !== 'node-a') return 'eth0';
  return labOptions(scenario).podAttachment === 'bridge' ? podBridge : `${podInterfacePrefix}${pod.number}`;
}
