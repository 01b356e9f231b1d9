import type { Algorithm, HashKey } from '../model/index.js';
import { bytesOf } from '../net/index.js';
import { jhash } from './jhash.js';
import { maglevTable, maglevTableSize } from './maglev.js';
import type { TableEndpoint } from './maglev.js';
import { slotCounts } from './weights.js';

/**
 * The slots of a list of endpoints: a new connection is given one of them, at random or by a hash of its client as
 * {@link Algorithm} says, and goes to the endpoint in it.
 *
 * - `random`: each endpoint once.
 * - `weighted`, `source-hash`: each endpoint in proportion to its weight, one after the other. Exact if the weights, without
 *   common factors, add up to at most 128 or 8 per endpoint; otherwise to within half of one of about so many slots.
 * - `maglev`: a table of a prime number of slots, see {@link maglevTable}.
 *
 * With all but `random`, an endpoint of weight 0 gets none; where all have weight 0, they count as equal.
 *
 * @returns `endpoints` itself where each has one slot.
 */
export function slotsOf<E extends TableEndpoint>(endpoints: readonly E[], algorithm: Algorithm): readonly E[] {
  // One endpoint has every slot of any table: one will do.
  if (algorithm.kind === 'random' || endpoints.length < 2) return endpoints;
  if (algorithm.kind === 'maglev') {
    const table = maglevTable(endpoints, maglevTableSize(endpoints.length, algorithm.tableSize), algorithm.seed);
    return Array.from(table, (index) => endpoints[index] as E);
  }
  const counts = slotCounts(endpoints);
  if (counts.every((count) => count === 1)) return endpoints;
  return endpoints.flatMap((endpoint, index) => new Array<E>(counts[index] ?? 0).fill(endpoint));
}

/** How many slots {@link slotsOf} returns, without making them. */
export function slotCountOf(endpoints: readonly TableEndpoint[], algorithm: Algorithm): number {
  if (algorithm.kind === 'random' || endpoints.length < 2) return endpoints.length;
  if (algorithm.kind === 'maglev') return maglevTableSize(endpoints.length, algorithm.tableSize);
  return slotCounts(endpoints).reduce((sum, count) => sum + count, 0);
}

/** An endpoint, and how much of the new connections it gets. */
export interface EndpointShare<E> {
  /** As it was given. */
  readonly endpoint: E;
  /** From 0 to 1. Where a hash decides: of many clients. */
  readonly share: number;
}

/** Which share of the new connections each endpoint gets, in the order given; also those that get none. */
export function sharesOf<E extends TableEndpoint>(
  endpoints: readonly E[],
  algorithm: Algorithm,
): readonly EndpointShare<E>[] {
  const slots = slotsOf(endpoints, algorithm);
  const counts = new Map<E, number>();
  for (const endpoint of slots) counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
  return endpoints.map((endpoint) => ({ endpoint, share: (counts.get(endpoint) ?? 0) / slots.length }));
}

/** Where a connection comes from, as far as a hash looks at it. */
export interface Client {
  /** In canonical text. */
  readonly address: string;
  /** The connection's source port; needed where it is hashed. */
  readonly port?: number;
}

/**
 * The slot of `count` that a hash gives a client: the kernel's own, so that what is predicted here is what nftables does.
 *
 * @returns undefined if the port is hashed and not known.
 */
export function slotOfClient(
  client: Client,
  { hashKey, seed }: { readonly hashKey: HashKey; readonly seed: number },
  count: number,
): number | undefined {
  const address = bytesOf(client.address);
  if (hashKey === 'client') return jhash(address, count, seed);
  if (client.port === undefined) return undefined;
  // As it stands in the kernel's registers: in network order, padded to four bytes.
  return jhash([...address, client.port >> 8, client.port & 0xff, 0, 0], count, seed);
}
