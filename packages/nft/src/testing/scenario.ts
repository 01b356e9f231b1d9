import type { KubernetesObject, Node } from '@nftproxier/core';
import { parseAddress } from '@nftproxier/core';
import { TraceError, parseDestination, renderTrace } from '../trace/index.js';
import type { Packet } from '../trace/index.js';
import { mismatchOf } from './expectation.js';
import type { PacketExpectation } from './expectation.js';
import { TracedNode } from './traced-node.js';
import type { TracedNodeFields } from './traced-node.js';

/** Packets, and what must become of each. Every `from` is tried with every `to`. */
export interface ScenarioPacket {
  /** `node` (a process on the node), `ADDRESS`, or `ADDRESS on INTERFACE`; without one it arrives on `eth0`. */
  readonly from: string | readonly string[];
  /** `ADDRESS:PORT/PROTOCOL`, e.g. `10.96.0.10:53/udp` or `[fd00::1]:80/tcp`. */
  readonly to: string | readonly string[];
  /** Endpoints as `ADDRESS:PORT`: each of them may get it, and nobody else. Instead of `expect`. */
  readonly by?: readonly string[];
  /** With `by`: whom the endpoint sees, the sender (`kept`) or an address of the `node`. */
  readonly source?: 'kept' | 'node';
  /** With `by`: the client's next connection goes to the same endpoint. */
  readonly same?: boolean;
  /** Refused with an ICMP error, lost, or on as it was sent. Instead of `by`. */
  readonly expect?: 'rejected' | 'dropped' | 'untouched';
}

/** A change of the objects, and what packets do after it. */
export interface ScenarioStep {
  /** Says in failures which step it was. Default: its number. */
  readonly title?: string;
  /** Objects that come, or replace those of their kind, namespace and name. */
  readonly objects?: readonly KubernetesObject[];
  /** Objects that go, as `Service shop/web`; namespace `default` if left out. */
  readonly delete?: readonly string[];
  /** What packets do now. */
  readonly packets: readonly ScenarioPacket[];
}

/** Objects, a node, packets and what must become of them: plain data, as a YAML or JSON file holds it. */
export interface Scenario {
  /** What is shown, e.g. `Clients outside the source ranges are dropped`. */
  readonly title: string;
  /** The node under test, whole or by name. Default: the only Node among the objects. */
  readonly node?: string | TracedNodeFields;
  /** Services, EndpointSlices, Nodes and ServiceCIDRs, as manifests have them. */
  readonly objects: readonly KubernetesObject[];
  /** What packets do at first. */
  readonly packets?: readonly ScenarioPacket[];
  /** What changes then, and what packets do after each change. */
  readonly steps?: readonly ScenarioStep[];
}

/** Something that is not as a scenario says. */
export interface ScenarioFailure {
  /** Title of the step. */
  readonly step: string;
  /** Like `10.244.1.5 to 10.96.0.80:80/tcp`. */
  readonly packet: string;
  /** What is wrong, in words. */
  readonly fault: string;
  /** How the packet went, rule by rule. */
  readonly trace: string;
}

/** A scenario that cannot be played: which of its fields, and what is wrong with it. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly code = 'SCENARIO_INVALID';
}

/**
 * Plays a scenario on the tracer, without root, kernel or cluster: serves its objects on one node, sends its packets, and
 * says what was not as expected.
 *
 * @example
 * ```ts
 * import { playScenario, service, slice } from '@nftproxier/nft/testing';
 *
 * const failures = await playScenario({
 *   title: 'a cluster IP leads to every pod, and other ports are refused',
 *   node: { name: 'node-a', addresses: ['192.0.2.1'] },
 *   objects: [
 *     service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] }),
 *     slice({ service: 'web', ports: [8080], endpoints: ['10.244.1.7', '10.244.2.9'] }),
 *   ],
 *   packets: [
 *     { from: ['10.244.1.5 on cni0', 'node'], to: '10.96.0.80:80/tcp', by: ['10.244.1.7:8080', '10.244.2.9:8080'] },
 *     { from: '10.244.1.5 on cni0', to: '10.96.0.80:81/tcp', expect: 'rejected' },
 *   ],
 * });
 * failures; // => []
 * ```
 *
 * @returns what was not as expected; empty where all was.
 * @throws {@link ScenarioError} if the scenario cannot be played.
 */
export async function playScenario(scenario: Scenario): Promise<readonly ScenarioFailure[]> {
  const node = new TracedNode(nodeOf(scenario));
  const steps = [
    ...(scenario.packets === undefined ? [] : [{ title: 'at first', packets: scenario.packets }]),
    ...(scenario.steps ?? []),
  ];
  if (steps.length === 0) throw new ScenarioError(`${scenario.title}: packets: missing; give packets, or steps`);
  const objects = new Map<string, KubernetesObject>(scenario.objects.map((object) => [keyOf(object), object]));
  const failures: ScenarioFailure[] = [];
  for (const [index, step] of steps.entries()) {
    const { title = `step ${String(index + 1)}` } = step;
    change(objects, step);
    await node.serve(objects.values());
    for (const packet of step.packets) failures.push(...check(node, title, packet));
  }
  return failures;
}

function check(node: TracedNode, step: string, packet: ScenarioPacket): readonly ScenarioFailure[] {
  const expected = expectationOf(packet);
  return listOf(packet.from).flatMap((from) =>
    listOf(packet.to).flatMap((to) => {
      const text = `${from} to ${to}`;
      const mismatch = named(text, () => mismatchOf(node.ruleset, packetOf(node, from, to), node, expected));
      if (mismatch === undefined) return [];
      return { step, packet: text, fault: mismatch.fault, trace: renderTrace(mismatch.trace) };
    }),
  );
}

function nodeOf({ title, node, objects }: Scenario): TracedNodeFields {
  if (typeof node === 'object') return node;
  if (node !== undefined) return { name: node };
  const names = objects.flatMap((object) => (object.kind === 'Node' ? ((object as Node).metadata?.name ?? []) : []));
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return { name: only };
  const found = only === undefined ? 'there is no Node among the objects' : `there are Nodes ${names.join(', ')}`;
  throw new ScenarioError(`${title}: node: missing, and ${found}; say which node is meant`);
}

function expectationOf({ from, to, by, source, same = false, expect }: ScenarioPacket): PacketExpectation {
  const where = `packet ${listOf(from).join(', ')} to ${listOf(to).join(', ')}`;
  if (expect !== undefined && by === undefined) return { kind: expect };
  if (by === undefined || expect !== undefined) throw new ScenarioError(`${where}: needs either by or expect`);
  return { kind: 'answered', by, source, same };
}

function packetOf(node: TracedNode, from: string, to: string): Packet {
  const destination = parseDestination(to);
  if (destination === undefined) throw new ScenarioError(`${to} is not ADDRESS:PORT/PROTOCOL, such as 10.0.0.1:80/tcp`);
  const [text = '', interfaceName = 'eth0'] = from.split(' on ');
  if (text === 'node') {
    const isIPv6 = destination.to.includes(':');
    const address = node.localAddresses.find((one) => one.includes(':') === isIPv6);
    if (address === undefined) throw new ScenarioError('the node has no address of this family: give it one');
    return { ...destination, from: address, arrives: { kind: 'local' } };
  }
  const address = parseAddress(text);
  if (address === undefined) throw new ScenarioError(`${text} is neither an address nor "node"`);
  return { ...destination, from: address, arrives: { kind: 'interface', name: interfaceName } };
}

function named<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ScenarioError || error instanceof TraceError) {
      throw new ScenarioError(`packet ${where}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

function change(objects: Map<string, KubernetesObject>, step: ScenarioStep): void {
  for (const reference of step.delete ?? []) {
    const [, kind = '', namespace = 'default', name = ''] = /^(\w+) (?:([^/]+)\/)?([^/]+)$/.exec(reference) ?? [];
    if (!objects.delete(`${kind} ${namespace}/${name}`)) throw new ScenarioError(`delete: there is no ${reference}`);
  }
  for (const object of step.objects ?? []) objects.set(keyOf(object), object);
}

function keyOf({ kind = '', metadata }: KubernetesObject): string {
  return `${kind} ${metadata?.namespace ?? 'default'}/${metadata?.name ?? ''}`;
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}
