import { remembering, tracePacket } from '../trace/index.js';
import type { Packet, Trace, TraceNode } from '../trace/index.js';
import type { Ruleset } from '../fake/index.js';

/** What must become of a packet. */
export type PacketExpectation =
  | {
      /** It is sent to an endpoint. */
      readonly kind: 'answered';
      /** The endpoints as `ADDRESS:PORT` or `[ADDRESS]:PORT`: each of them may get it. */
      readonly by: readonly string[];
      /** Whether others may get it too. Default: no. */
      readonly others?: boolean;
      /** The odds of the endpoints to each other, in their order, such as 3 and 1. Default: no matter. */
      readonly shares?: readonly number[] | undefined;
      /** Whom the endpoint sees: the sender, or an address of the node. Default: either. */
      readonly source?: 'kept' | 'node' | undefined;
      /** Whether the client's next connection goes to the same endpoint. Default: no matter. */
      readonly same?: boolean;
    }
  /** Refused with ICMP port unreachable. */
  | { readonly kind: 'rejected' }
  /** Lost without an answer. */
  | { readonly kind: 'dropped' }
  /** On, as it was sent. */
  | { readonly kind: 'untouched' };

const kinds = { dnat: 'answered', accept: 'untouched', drop: 'dropped', reject: 'rejected' } as const;

/** What is not as expected, and how the packet went. */
export interface Mismatch {
  /** In words, e.g. `expected rejected, the trace says dropped`. */
  readonly fault: string;
  /** Where the packet goes instead; see {@link renderTrace}. */
  readonly trace: Trace;
}

/**
 * Follows a packet through a ruleset and compares every outcome with what is expected: all endpoints it may reach at once.
 *
 * @returns undefined where all is as expected.
 * @throws {@link TraceError} if there can be no such packet.
 */
export function mismatchOf(
  ruleset: Ruleset,
  packet: Packet,
  node: TraceNode,
  expected: PacketExpectation,
): Mismatch | undefined {
  const trace = tracePacket(ruleset, packet, node);
  const fault =
    verdictFault(trace, expected) ??
    (expected.kind === 'answered'
      ? (endpointFault(trace, expected) ??
        shareFault(trace, expected) ??
        sourceFault(trace, expected) ??
        memoryFault(ruleset, trace, node, expected))
      : undefined);
  return fault === undefined ? undefined : { fault, trace };
}

type Answered = Extract<PacketExpectation, { readonly kind: 'answered' }>;

function verdictFault({ verdict, outcomes }: Trace, expected: PacketExpectation): string | undefined {
  if (verdict === 'mixed') {
    const all = [...new Set(outcomes.map((outcome) => kinds[outcome.verdict]))];
    return `expected ${expected.kind}, the trace leaves it to chance: ${all.join(' or ')}`;
  }
  return kinds[verdict] === expected.kind ? undefined : `expected ${expected.kind}, the trace says ${kinds[verdict]}`;
}

function endpointFault({ endpoints }: Trace, { by, others = false }: Answered): string | undefined {
  const reached = endpoints.map(socketText);
  const missing = by.filter((endpoint) => !reached.includes(endpoint));
  if (missing.length > 0) return `the trace does not reach ${missing.join(', ')}`;
  const unexpected = reached.filter((endpoint) => !by.includes(endpoint));
  return unexpected.length > 0 && !others ? `the trace reaches ${unexpected.join(', ')}` : undefined;
}

function shareFault({ endpoints }: Trace, { by, shares }: Answered): string | undefined {
  if (shares === undefined) return undefined;
  const found = by.map((wanted) => endpoints.find((endpoint) => socketText(endpoint) === wanted)?.share ?? 0);
  const sum = total(shares);
  const sumFound = total(found);
  const isSame = found.every((share, index) => Math.abs(share / sumFound - (shares[index] ?? 0) / sum) < 1e-9);
  return isSame ? undefined : `the trace has shares of ${found.map((share) => share.toFixed(4)).join(', ')}`;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}

function sourceFault({ outcomes }: Trace, { by, source }: Answered): string | undefined {
  if (source === undefined) return undefined;
  const wrong = outcomes.find(
    ({ endpoint, masquerade }) => by.includes(socketText(endpoint)) && masquerade !== (source === 'node'),
  );
  if (wrong === undefined) return undefined;
  return `the trace ${wrong.masquerade ? 'masquerades' : 'keeps the source'} to ${socketText(wrong.endpoint)}`;
}

function memoryFault(ruleset: Ruleset, trace: Trace, node: TraceNode, { same = false }: Answered): string | undefined {
  if (!same) return undefined;
  const sticks = trace.outcomes.every(({ endpoint, updates }) => {
    if (updates.length === 0) return false;
    const next = tracePacket(remembering(ruleset, updates), trace.packet, node).endpoints;
    return next.length === 1 && socketText(next[0]) === socketText(endpoint);
  });
  return sticks ? undefined : 'the trace does not stick: the next connection may go to another endpoint';
}

function socketText(endpoint: { readonly address: string; readonly port: number } | undefined): string {
  if (endpoint === undefined) return '';
  const { address, port } = endpoint;
  return address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
}
