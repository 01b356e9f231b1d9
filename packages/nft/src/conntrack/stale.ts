import { contains } from '@nftproxier/core';
import type { Address, Cidr, Family, Protocol } from '@nftproxier/core';
import { addressKey, endpointText, nodePortKey } from './expectations.js';
import type { Expectation, Expectations } from './expectations.js';
import type { Flow, Tuple } from './flow.js';

/**
 * Flows that must go, by what makes them stale and not one by one: whoever else is the client of the same would be as
 * stale, whenever the flow began.
 */
export interface StaleFlows {
  /** Of all their addresses. */
  readonly family: Family;
  /** TCP only where NAT was gone. */
  readonly protocol: Protocol;
  /** What the client asked for. */
  readonly dst: Address;
  /** Its port. */
  readonly dport: number;
  /** Whom the client really talks to: anyone, anyone else than it asked for, or an endpoint. */
  readonly reply: 'any' | 'natted' | Pick<Tuple, 'src' | 'sport'>;
  /** Only connections in this state. */
  readonly state: 'SYN_SENT' | undefined;
}

/** Says of a flow what makes it stale; undefined if it may go on. */
export type StaleTest = (flow: Flow) => StaleFlows | undefined;

/**
 * The test for what is expected.
 *
 * @param isNodePortAddress whether node ports are open on an address. A flow through this node to some other address is
 * never taken for one to a node port, whatever its port.
 */
export function createStaleTest(
  { frontends, ranges }: Expectations,
  isNodePortAddress: (address: Address) => boolean,
): StaleTest {
  const isInRanges = memberOf(ranges);
  return (flow) => {
    const { family, protocol, original } = flow;
    const expectation =
      frontends.get(addressKey(protocol, original.dst, original.dport)) ??
      nodePortExpectation(frontends, flow, isNodePortAddress);
    if (expectation !== undefined) return staleBy(expectation, flow);
    if (protocol === 'TCP' || ranges.length === 0 || !isNatted(flow) || !isInRanges(original.dst)) return undefined;
    return { family, protocol, dst: original.dst, dport: original.dport, reply: 'natted', state: undefined };
  };
}

/** The command that deletes them, for `conntrack -R`. Made of addresses that were read and written anew, and of numbers. */
export function deletionOf({ family, protocol, dst, dport, reply, state }: StaleFlows): string {
  const to = `-D -f ${family.toLowerCase()} -p ${protocol.toLowerCase()} -d ${dst} --dport ${String(dport)}`;
  const from =
    reply === 'any' ? '' : reply === 'natted' ? ' -g' : ` -r ${reply.src} --reply-port-src ${String(reply.sport)}`;
  return `${to}${from}${state === undefined ? '' : ` --state ${state}`}`;
}

function nodePortExpectation(
  frontends: Expectations['frontends'],
  { family, protocol, original }: Flow,
  isNodePortAddress: (address: Address) => boolean,
): Expectation | undefined {
  const expectation = frontends.get(nodePortKey(protocol, family, original.dport));
  return expectation !== undefined && isNodePortAddress(original.dst) ? expectation : undefined;
}

function staleBy(expectation: Expectation, flow: Flow): StaleFlows | undefined {
  const { family, protocol, original, reply, state } = flow;
  const { dst, dport } = original;
  switch (expectation.kind) {
    case 'endpoints': {
      const { endpoints } = expectation;
      if (endpoints.size === 0) return { family, protocol, dst, dport, reply: 'any', state: undefined };
      if (endpoints.has(endpointText(reply.src, reply.sport))) return undefined;
      return { family, protocol, dst, dport, reply: { src: reply.src, sport: reply.sport }, state: undefined };
    }
    case 'gone':
      return isNatted(flow) ? { family, protocol, dst, dport, reply: 'natted', state: undefined } : undefined;
    case 'natted':
      if (isNatted(flow) || state !== 'SYN_SENT') return undefined;
      return { family, protocol, dst, dport, reply: { src: dst, sport: dport }, state };
  }
}

function isNatted({ original, reply }: Flow): boolean {
  return reply.src !== original.dst || reply.sport !== original.dport;
}

/** Whether an address is in one of some ranges. Flows go to few addresses: each is looked at once. */
function memberOf(ranges: readonly Cidr[]): (address: Address) => boolean {
  const known = new Map<Address, boolean>();
  return (address) => {
    const found = known.get(address) ?? ranges.some((range) => contains(range, address));
    known.set(address, found);
    return found;
  };
}
