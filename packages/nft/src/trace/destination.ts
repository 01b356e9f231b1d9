import { parseAddress } from '@nftproxier/core';
import type { Packet } from './packet.js';

/** Where a packet is sent. */
export type Destination = Pick<Packet, 'to' | 'port' | 'protocol'>;

/**
 * Reads `ADDRESS:PORT/PROTOCOL`, such as `10.96.0.10:53/udp` or `[fd00::1]:80/tcp`; the protocol in letters of any case.
 *
 * @example
 * ```ts
 * import { parseDestination } from '@nftproxier/nft';
 *
 * parseDestination('10.96.0.10:53/UDP'); // => { to: '10.96.0.10', port: 53, protocol: 'udp' }
 * parseDestination('10.96.0.10'); // => undefined
 * ```
 *
 * @returns undefined if the text is none.
 */
export function parseDestination(text: string): Destination | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})\/(tcp|udp|sctp)$/i.exec(text);
  const address = parseAddress(match?.[1] ?? match?.[2]);
  if (address === undefined) return undefined;
  return { to: address, port: Number(match?.[3]), protocol: match?.[4]?.toLowerCase() as Packet['protocol'] };
}
