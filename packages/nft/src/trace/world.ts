import type { ChainState, Ruleset, SetState, TableState } from '../fake/index.js';
import type { Intervals } from '../fake/intervals.js';
import type { Atom, Chain } from '../syntax/index.js';
import type { Packet, TraceNode } from './packet.js';

/** A place in the kernel at which chains of family `inet` are called; `ingress` (Linux 5.10) is not among those followed. */
export type Hook = NonNullable<Chain['base']>['hook'];

/** One thing that happened to a packet. */
export interface Step {
  /** Where in the kernel it happened. */
  readonly hook: Hook;
  /** The table's name. */
  readonly table: string;
  /** The chain the rule is in, or the base chain that decided as a whole. */
  readonly chain: string;
  /** Index of the rule in its chain; absent where a base chain as a whole is meant. */
  readonly rule?: number;
  /** The rule's text. */
  readonly text?: string;
  /** Whether the rule had an effect. */
  readonly matched: boolean;
  /** What was decided and why, in words. */
  readonly decided: string;
}

/** An entry that the packet makes in a dynamic set, or refreshes. */
export interface SetUpdate {
  /** The table the set is in. */
  readonly table: string;
  /** The set, e.g. one that remembers the clients of a service port with session affinity. */
  readonly set: string;
  /** The key's parts, as an {@link Element} of the set has them. */
  readonly key: readonly Atom[];
}

/** Steps, the last first; worlds that part have their past in common. */
export interface Log {
  readonly step: Step;
  readonly before: Log | undefined;
}

/** A packet in one of its possible fates. */
export interface World {
  /** How likely it is, from 0 to 1. */
  readonly share: number;
  /** Destination as it is now. */
  readonly to: string;
  readonly port: number;
  readonly mark: number;
  readonly dnat: boolean;
  readonly masquerade: boolean;
  readonly updates: readonly SetUpdate[];
  readonly log: Log | undefined;
}

/** What stays the same during a trace. */
export interface Scene {
  readonly ruleset: Ruleset;
  readonly packet: Packet;
  readonly node: TraceNode;
  /** Interval sets, prepared for look-ups, as they are needed. */
  readonly intervals: Map<SetState, Intervals>;
  /** The base chains of each hook in the order they are called, likewise. */
  readonly baseChains: Map<Hook, readonly BaseChain[]>;
}

/** A base chain and its table. */
export interface BaseChain {
  readonly table: TableState;
  readonly chain: ChainState;
}

/** Where in the kernel a packet is. */
export interface Place {
  readonly scene: Scene;
  readonly hook: Hook;
  readonly table: TableState;
  /** `meta iifname`: empty for packets made on the node, until the loopback interface brings them back. */
  readonly interfaceName: string;
}

/** What a base chain makes of a packet. */
export type End = 'accept' | 'drop' | 'reject';

/** The same world with one more step in its past. */
export function withStep(world: World, step: Step): World {
  return { ...world, log: { step, before: world.log } };
}

/** The steps of a world from the first to the last. */
export function stepsOf(world: World): readonly Step[] {
  const steps: Step[] = [];
  for (let log = world.log; log; log = log.before) steps.push(log.step);
  return steps.reverse();
}
