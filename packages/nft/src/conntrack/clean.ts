import { families, familyOf } from '@nftproxier/core';
import type { Address, Family, Protocol } from '@nftproxier/core';
import type { Conntrack, FlowQuery } from '../run/conntrack.js';
import { ConntrackVanishedError } from '../run/conntrack-error.js';
import type { ListOptions } from '../run/nft.js';
import type { Expectations } from './expectations.js';
import { FlowParser } from './flow.js';
import type { Flow } from './flow.js';
import { createStaleTest, deletionOf } from './stale.js';
import type { StaleFlows } from './stale.js';

/** How many lines a listing had. */
export interface Listed {
  /** Flows that were read. */
  readonly flows: number;
  /** Lines that could not be read. */
  readonly malformed: number;
}

/** Reads the flows that conntrack lists, one after the other; none is kept. */
export async function listFlows(
  conntrack: Conntrack,
  query: FlowQuery,
  onFlow: (flow: Flow) => void,
  options?: ListOptions,
): Promise<Listed> {
  const parser = new FlowParser(onFlow);
  await conntrack.list(
    query,
    (text) => {
      parser.push(text);
    },
    options,
  );
  parser.end();
  return { flows: parser.flows, malformed: parser.malformed };
}

/** Most processes that one removal takes, where flows end while they are being deleted. */
const mostAttempts = 5;

/**
 * Deletes flows, however many they are, with one process. It is run again where conntrack stopped because a flow ended by
 * itself at that moment; that leaves fewer to delete each time.
 *
 * @returns how many were deleted.
 * @throws any {@link ConntrackError}.
 */
export async function removeFlows(
  conntrack: Conntrack,
  stale: Iterable<StaleFlows>,
  options?: ListOptions,
): Promise<number> {
  const commands = [...stale].map((flows) => `${deletionOf(flows)}\n`).join('');
  if (commands === '') return 0;
  let deleted = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return deleted + (await conntrack.load(commands, options));
    } catch (error) {
      if (!(error instanceof ConntrackVanishedError) || attempt === mostAttempts) throw error;
      deleted += error.deleted;
    }
  }
}

/** What was found and done. */
export interface Cleaned {
  /** Flows that were read. */
  readonly listed: number;
  /** Lines of conntrack that could not be read. */
  readonly malformed: number;
  /** Flows found stale. */
  readonly stale: number;
  /** Flows deleted, among them those that came after the listing. */
  readonly removed: number;
  /** Stale flows that were seen to, by family. */
  readonly cleaned: { readonly [family in Family]: number };
  /** Whether all stale flows were seen to; the rest takes another run. */
  readonly isComplete: boolean;
}

/** What cleaning needs to know of its surroundings. */
export interface CleanOptions extends ListOptions {
  /** Whether node ports are open on an address of this node. */
  readonly isNodePortAddress: (address: Address) => boolean;
  /** Milliseconds since any moment. */
  readonly now: () => number;
}

/**
 * Deletes the flows that are not as expected: one listing for each protocol concerned, and one removal.
 *
 * @throws any {@link ConntrackError}; what was deleted before it stays deleted.
 */
export async function cleanFlows(
  conntrack: Conntrack,
  expectations: Expectations,
  { isNodePortAddress, now, ...options }: CleanOptions,
): Promise<Cleaned> {
  const staleBy = createStaleTest(expectations, isNodePortAddress);
  const found = new Map<string, { readonly stale: StaleFlows; flows: number }>();
  const onFlow = (flow: Flow): void => {
    const stale = staleBy(flow);
    if (stale === undefined) return;
    const key = deletionOf(stale);
    const known = found.get(key);
    if (known !== undefined) known.flows += 1;
    else if (found.size < mostKinds) found.set(key, { stale, flows: 1 });
    else unseen += 1;
  };
  let unseen = 0;
  const listings: Listed[] = [];
  const begin = now();
  const queries = queriesOf(expectations);
  for (const query of queries) listings.push(await listFlows(conntrack, query, onFlow, options));
  const kinds = [...found.values()].sort((a, b) => b.flows - a.flows);
  const chosen = kinds.slice(0, affordable((now() - begin) / Math.max(1, queries.length)));
  const removed = await removeFlows(
    conntrack,
    chosen.map(({ stale }) => stale),
    options,
  );
  return {
    listed: listings.reduce((sum, { flows }) => sum + flows, 0),
    malformed: listings.reduce((sum, { malformed }) => sum + malformed, 0),
    stale: kinds.reduce((sum, { flows }) => sum + flows, unseen),
    removed,
    cleaned: { IPv4: countOf('IPv4', chosen), IPv6: countOf('IPv6', chosen) },
    isComplete: unseen === 0 && chosen.length === kinds.length,
  };
}

function countOf(family: Family, kinds: readonly { readonly stale: StaleFlows; readonly flows: number }[]): number {
  return kinds.reduce((sum, { stale, flows }) => sum + (stale.family === family ? flows : 0), 0);
}

/** Most kinds of stale flows remembered while listing. */
const mostKinds = 10_000;

/**
 * How many deletions fit into about five seconds. For each of them conntrack reads the whole table again, which takes
 * about as long as listing it: 20 ms with few flows, 0.5 s with 100,000.
 */
function affordable(listMs: number): number {
  return Math.max(8, Math.min(200, Math.floor(5_000 / Math.max(1, listMs))));
}

/** The listings it takes: one for each protocol, as narrow as the expectations are. */
function queriesOf({ frontends, ranges }: Expectations): readonly FlowQuery[] {
  const concerned = new Map<
    Protocol,
    { readonly families: Set<Family>; readonly addresses: Set<Address | undefined> }
  >();
  const add = (protocol: Protocol, family: Family, address: Address | undefined): void => {
    const entry = concerned.get(protocol) ?? { families: new Set(), addresses: new Set() };
    concerned.set(protocol, entry);
    entry.families.add(family);
    entry.addresses.add(address);
  };
  for (const { protocol, family, address } of frontends.values()) add(protocol, family, address);
  for (const range of ranges)
    for (const protocol of ['UDP', 'SCTP'] as const) add(protocol, familyOf(range), undefined);
  return [...concerned].map(([protocol, entry]) => {
    const [family] = entry.families;
    const [dst] = entry.addresses;
    return {
      protocol,
      ...(entry.families.size < families.length && family !== undefined && { family }),
      ...(entry.addresses.size === 1 && dst !== undefined && { dst }),
    };
  });
}
