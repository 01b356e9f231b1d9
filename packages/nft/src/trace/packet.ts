import { familyOf, parseAddress } from '@nftproxier/core';

/** The first packet of a connection, or a later one. */
export interface Packet {
  /** The transport protocol, in nft's word. */
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** Source address. */
  readonly from: string;
  /** Source port. Without it, whatever depends on it is equally likely to be anything. */
  readonly sourcePort?: number;
  /** Destination address. */
  readonly to: string;
  /** Destination port. */
  readonly port: number;
  /** Where it comes from: an interface of the node, or a process on it. */
  readonly arrives: { readonly kind: 'interface'; readonly name: string } | { readonly kind: 'local' };
  /** The interface it leaves on, where routing sends it; without one, no rule that asks for it matches. */
  readonly leaves?: string;
  /** A packet of a known connection: conntrack translates it as it did the first one, and `ct state` is `established`. */
  readonly established?: boolean;
  /** The mark it has before the first hook. Default: 0. */
  readonly mark?: number;
}

/** What of the node decides where packets go. */
export interface TraceNode {
  /** The addresses the node has (`fib … type local`), beside 127.0.0.0/8 and ::1. */
  readonly localAddresses: readonly string[];
}

/** A packet that cannot exist. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
  readonly code = 'TRACE_PACKET';
}

/**
 * The packet with its addresses in canonical form.
 *
 * @throws {@link TraceError} if they are not two addresses of one family, or a port is out of range.
 */
export function canonicalPacket(packet: Packet): Packet {
  const from = parseAddress(packet.from);
  const to = parseAddress(packet.to);
  if (from === undefined) throw new TraceError(`the packet's source ${quote(packet.from)} is not an IP address`);
  if (to === undefined) throw new TraceError(`the packet's destination ${quote(packet.to)} is not an IP address`);
  if (familyOf(from) !== familyOf(to))
    throw new TraceError(`a packet cannot go from ${from} to ${to}: two IP families`);
  for (const port of [packet.port, packet.sourcePort ?? 0]) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new TraceError(`${String(port)} is not a port`);
  }
  return { ...packet, from, to };
}

/** Whether the kernel's routing would deliver a packet to this address on the node itself. */
export function isLocal(node: TraceNode, address: string): boolean {
  if (address === '::1' || address.startsWith('127.')) return true;
  return node.localAddresses.some((local) => (parseAddress(local) ?? local) === address);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
