import type { Ruleset } from '../fake/index.js';
import { keyText } from '../fake/index.js';
import { walkHooks } from './hooks.js';
import type { Fate } from './hooks.js';
import { canonicalPacket } from './packet.js';
import type { Packet, TraceNode } from './packet.js';
import { stepsOf } from './world.js';
import type { SetUpdate, Step } from './world.js';

/** What becomes of a packet: on to an endpoint, on as it is, or not on. */
export type TraceVerdict = 'dnat' | 'accept' | 'drop' | 'reject';

/** Where a packet may be sent. */
export interface TraceEndpoint {
  /** The destination's address after DNAT. */
  readonly address: string;
  /** The destination's port after DNAT. */
  readonly port: number;
  /** How likely it is, from 0 to 1. */
  readonly share: number;
}

/** One of the things that may become of a packet. */
export interface TraceOutcome {
  /** How likely it is, from 0 to 1. */
  readonly share: number;
  /** What becomes of the packet; `dnat` includes that it is accepted. */
  readonly verdict: TraceVerdict;
  /** With `dnat`: the new destination. */
  readonly endpoint?: { readonly address: string; readonly port: number };
  /** Whether the source becomes the node's address. */
  readonly masquerade: boolean;
  /** The packet's mark when it leaves the last hook. */
  readonly mark: number;
  /** Entries it leaves in dynamic sets: add them before tracing the client's next connection. */
  readonly updates: readonly SetUpdate[];
  /** What happened after the outcomes parted. */
  readonly steps: readonly Step[];
}

/** Where a packet goes, and why. */
export interface Trace {
  /** The packet that was followed, its addresses in canonical form. */
  readonly packet: Packet;
  /** What happens whatever is drawn. */
  readonly steps: readonly Step[];
  /** All outcomes, sorted by verdict and endpoint; their shares add up to 1. */
  readonly outcomes: readonly TraceOutcome[];
  /** The verdict of all outcomes, or `mixed`. */
  readonly verdict: TraceVerdict | 'mixed';
  /** All endpoints, sorted by address and port. */
  readonly endpoints: readonly TraceEndpoint[];
  /** Whether all outcomes that go on are masqueraded, or none, or some. */
  readonly masquerade: boolean | 'mixed';
}

/**
 * Follows a packet through a ruleset as the kernel would: every base chain of every table, by hook and priority. Random
 * numbers are not drawn; all of them are followed, and the outcome says how likely each is. Hashes are the kernel's own.
 *
 * @throws {@link TraceError} if there can be no such packet.
 */
export function tracePacket(ruleset: Ruleset, packet: Packet, node: TraceNode): Trace {
  const canonical = canonicalPacket(packet);
  const fates = walkHooks(
    { ruleset, packet: canonical, node, intervals: new Map(), baseChains: new Map() },
    {
      share: 1,
      to: canonical.to,
      port: canonical.port,
      mark: canonical.mark ?? 0,
      dnat: false,
      masquerade: false,
      updates: [],
      log: undefined,
    },
  );
  const histories = fates.map(({ world }) => stepsOf(world));
  const common = commonLength(histories);
  const outcomes = merge(fates.map((fate, index) => outcomeOf(fate, histories[index]?.slice(common) ?? [])));
  const passing = outcomes.filter(({ verdict }) => verdict === 'dnat' || verdict === 'accept');
  return {
    packet: canonical,
    steps: histories[0]?.slice(0, common) ?? [],
    outcomes,
    verdict: same(outcomes.map(({ verdict }) => verdict)) ?? 'mixed',
    endpoints: endpointsOf(outcomes),
    masquerade: passing.length === 0 ? false : (same(passing.map(({ masquerade }) => masquerade)) ?? 'mixed'),
  };
}

function outcomeOf({ world, end }: Fate, steps: readonly Step[]): TraceOutcome {
  const { share, to: address, port, masquerade, mark, updates } = world;
  const verdict: TraceVerdict = end !== 'accept' ? end : world.dnat ? 'dnat' : 'accept';
  const rest = { share, verdict, masquerade, mark, updates, steps };
  return verdict === 'dnat' ? { ...rest, endpoint: { address, port } } : rest;
}

function merge(outcomes: readonly TraceOutcome[]): readonly TraceOutcome[] {
  const merged = new Map<string, TraceOutcome>();
  for (const outcome of outcomes) {
    const key = identityOf(outcome);
    const known = merged.get(key);
    merged.set(key, known ? { ...known, share: known.share + outcome.share } : outcome);
  }
  return [...merged.values()].sort(compareOutcomes);
}

function identityOf({ verdict, endpoint, masquerade, mark, updates }: TraceOutcome): string {
  const made = updates.map(({ table, set, key }) => `${table}/${set}/${keyText(key)}`);
  return JSON.stringify([verdict, endpoint?.address, endpoint?.port, masquerade, mark, made]);
}

const verdictOrder: readonly TraceVerdict[] = ['dnat', 'accept', 'reject', 'drop'];

function compareOutcomes(a: TraceOutcome, b: TraceOutcome): number {
  const byVerdict = verdictOrder.indexOf(a.verdict) - verdictOrder.indexOf(b.verdict);
  return byVerdict || (a.endpoint && b.endpoint ? compareEndpoints(a.endpoint, b.endpoint) : 0);
}

function endpointsOf(outcomes: readonly TraceOutcome[]): readonly TraceEndpoint[] {
  const endpoints = new Map<string, TraceEndpoint>();
  for (const { endpoint, share } of outcomes) {
    if (!endpoint) continue;
    const key = `${endpoint.address} ${String(endpoint.port)}`;
    endpoints.set(key, { ...endpoint, share: (endpoints.get(key)?.share ?? 0) + share });
  }
  return [...endpoints.values()].sort(compareEndpoints);
}

type Endpoint = Omit<TraceEndpoint, 'share'>;

const byNumber = new Intl.Collator('en', { numeric: true });

function compareEndpoints(a: Endpoint, b: Endpoint): number {
  return byNumber.compare(a.address, b.address) || a.port - b.port;
}

function commonLength(histories: readonly (readonly Step[])[]): number {
  const [first = [], ...others] = histories;
  const parted = first.findIndex((step, index) => others.some((history) => history[index] !== step));
  return parted < 0 ? first.length : parted;
}

function same<Value>(values: readonly Value[]): Value | undefined {
  const [first, ...rest] = values;
  return rest.every((value) => value === first) ? first : undefined;
}
