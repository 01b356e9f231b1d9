import { addresses, podBridge, podInterfacePrefix, podNetworks, podOf } from '../lab/index.js';
import type { Destination, Packet, Scenario, World } from './format.js';
import { locate, type Failure } from './failure.js';
import { labOptions } from './labs.js';

/** A packet for a tracer: the first one of a new connection, as the node's hooks see it. */
export interface TracePacket extends Destination {
  /** Source address, before any translation. */
  readonly source: string;
  /** The interface it arrives on; undefined for what the node itself sends. */
  readonly inputInterface: string | undefined;
}

/** What a tracer says becomes of a packet. */
export interface TraceResult {
  readonly verdict: 'answered' | 'rejected' | 'dropped' | 'untouched';
  /** `address:port` of every endpoint it may go to; empty unless it is answered. */
  readonly endpoints: readonly string[];
  /** Whether its source becomes an address of the node, per endpoint: a hairpin depends on which one it is. */
  readonly masquerade: (endpoint: string) => boolean;
  /** Whether the next connection of the same client goes to the same endpoint. */
  readonly sticky: boolean;
}

/** A proxy without a kernel. */
export interface TracedProxy {
  /** Serves this world from now on. */
  apply(world: World): Promise<void>;
  /** The node's own addresses are those of the world and of the lab. */
  trace(packet: TracePacket): TraceResult;
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
      const fault = compare(packet, proxy.trace(tracePacket(scenario, packet)));
      failures.push(...locate(scenario, step, packet, fault));
    }
  }
  return failures;
}

/** The packet as the node's hooks see it. */
function tracePacket(scenario: Scenario, { from, to }: Packet): TracePacket {
  const source = from.address ?? addresses['node-a'][to.family];
  return { ...to, source, inputInterface: inputInterface(scenario, from.kind, source) };
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

function compare({ expect }: Packet, result: TraceResult): string | undefined {
  if (result.verdict !== expect.kind) return `expected ${expect.kind}, the trace says ${result.verdict}`;
  if (expect.kind !== 'answered') return undefined;
  const missing = expect.by.filter((endpoint) => !result.endpoints.includes(endpoint));
  const unexpected = result.endpoints.filter((endpoint) => !expect.by.includes(endpoint));
  if (missing.length > 0) return `the trace does not reach ${missing.join(', ')}`;
  if (unexpected.length > 0 && expect.retryEvery === undefined) return `the trace reaches ${unexpected.join(', ')}`;
  if (expect.same !== undefined && !result.sticky) return 'the trace does not stick';
  if (expect.source === undefined) return undefined;
  const wrong = expect.by.find((endpoint) => result.masquerade(endpoint) !== (expect.source === 'node'));
  return wrong === undefined
    ? undefined
    : `the trace ${expect.source === 'node' ? 'keeps the source' : 'masquerades'} to ${wrong}`;
}
