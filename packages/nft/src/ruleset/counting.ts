import { balancingDefaults, bytesOf, jhash, protocols } from '@nftproxier/core';
import type { Family, Frontend, ServicePortPlan } from '@nftproxier/core';
import { concat, l4proto } from '../syntax/index.js';
import type { Chain, Expression, Operation, Rule, SetDeclaration } from '../syntax/index.js';
import { addressKey, destination, mostSlots, nodePortKey, randomSlot } from './keys.js';
import { digitOf, wordOf } from './names.js';
import type { PlacedElement } from './parts.js';
import type { TableSettings } from './settings.js';
import { inSet, isDestinationNatted, lookup } from './statements.js';

/**
 * Sets that count are read one at a time, because nft reads a set as a whole, and for a single element the whole table: so
 * there are several, and an address belongs to one of them by its hash.
 */
const shards = 16;

/** What is counted by the address and port a packet is sent to. */
type Counted = 'connections' | 'endpoint-connections';

/** The name of one set of those that count, e.g. `connections4-7`. */
function countingSet(counted: Counted, family: Family, shard: number): string {
  return `${counted}${digitOf(family)}-${String(shard)}`;
}

/** The set that counts connections to node ports: their number is limited, and their addresses do not differ. */
function nodePortCountingSet(family: Family): string {
  return `nodeport-connections${digitOf(family)}`;
}

const shardMap = (counted: Counted, family: Family): string => `${counted}-shards${digitOf(family)}`;
const countingChain = (counted: Counted, family: Family, shard: number): string =>
  `count-${countingSet(counted, family, shard)}`;

/** Whether a set's elements count connections. */
export function isCountingSet(set: string): boolean {
  return /^(nodeport-|endpoint-)?connections[46](-\d+)?$/.test(set);
}

function shardOf(address: string): number {
  return jhash(bytesOf(address), shards, balancingDefaults.hashSeed);
}

/** A hash alone as a key is stored byte-swapped by nft 1.1.7, and never matches; in a concatenation it does. */
function shardKey(family: Family): Expression {
  const shard = { kind: 'jhash', of: destination(family), mod: shards, seed: balancingDefaults.hashSeed } as const;
  return concat(shard, l4proto);
}

function countedBy({ counters }: TableSettings): readonly Counted[] {
  if (counters === 'off') return [];
  return counters === 'services' ? ['connections'] : ['connections', 'endpoint-connections'];
}

const everyShard = Array.from({ length: shards }, (_, shard) => shard);

/** The sets that count, and the maps that lead to them; none where counters are off. */
export function countingSets(family: Family, settings: TableSettings): readonly SetDeclaration[] {
  const counted = countedBy(settings);
  if (counted.length === 0) return [];
  return [
    ...counted.flatMap((what): readonly SetDeclaration[] => [
      ...everyShard.map((shard) => ({
        name: countingSet(what, family, shard),
        key: addressKey(family),
        counter: true as const,
      })),
      // Of the same type as the hash, which must not stand here: declared by it, nft 1.0.6 crashes when it lists the map.
      { name: shardMap(what, family), key: concat(randomSlot(mostSlots), l4proto), value: 'verdict' },
    ]),
    { name: nodePortCountingSet(family), key: nodePortKey, counter: true },
  ];
}

/** One chain for each set that counts: a look-up that finds an element counts the packet, and goes on. */
export function countingChains(
  family: Family,
  settings: TableSettings,
): readonly { readonly chain: Chain; readonly rules: readonly Rule[] }[] {
  return countedBy(settings).flatMap((what) =>
    everyShard.map((shard) => ({
      chain: { name: countingChain(what, family, shard) },
      rules: [[inSet(addressKey(family), countingSet(what, family, shard))]],
    })),
  );
}

/** Which hash leads to which of these chains. */
export function shardOperations(settings: TableSettings): readonly Operation[] {
  return settings.families.flatMap((family) =>
    countedBy(settings).map((what): Operation => {
      const elements = everyShard.flatMap((shard) =>
        protocols.map((protocol) => ({
          key: [shard, wordOf(protocol)],
          value: { kind: 'jump', chain: countingChain(what, family, shard) } as const,
        })),
      );
      return { op: 'add-elements', set: shardMap(what, family), elements };
    }),
  );
}

/** Counts a packet to a frontend with an address, before it is dispatched. */
export function countAddressRules(family: Family, settings: TableSettings): readonly Rule[] {
  return settings.counters === 'off' ? [] : [[lookup(shardKey(family), shardMap('connections', family))]];
}

/** Counts a packet to a node port that no frontend with an address has taken. */
export function countNodePortRules(family: Family, toNodePortAddress: Rule, settings: TableSettings): readonly Rule[] {
  return settings.counters === 'off' ? [] : [[...toNodePortAddress, inSet(nodePortKey, nodePortCountingSet(family))]];
}

/** Counts a connection to an endpoint, once its destination is rewritten: nat chains see its first packet alone. */
export function countEndpointRules(settings: TableSettings): readonly Rule[] {
  if (settings.counters !== 'endpoints') return [];
  return settings.families.map((family) => [
    isDestinationNatted,
    lookup(shardKey(family), shardMap('endpoint-connections', family)),
  ]);
}

/** The element that counts new connections to a frontend. */
export function frontendCounter(frontend: Frontend, plan: ServicePortPlan): PlacedElement {
  const protocol = wordOf(plan.protocol);
  if (frontend.kind === 'NodePort') {
    return { set: nodePortCountingSet(plan.family), element: { key: [protocol, frontend.port] } };
  }
  const { address, port } = frontend;
  return {
    set: countingSet('connections', plan.family, shardOf(address)),
    element: { key: [address, protocol, port] },
  };
}

/** The elements that count new connections to the endpoints of a service port. */
export function endpointCounters(plan: ServicePortPlan): readonly PlacedElement[] {
  const counters = new Map<string, PlacedElement>();
  for (const { address, port } of [...plan.cluster, ...plan.local]) {
    const set = countingSet('endpoint-connections', plan.family, shardOf(address));
    counters.set(`${address} ${String(port)}`, { set, element: { key: [address, wordOf(plan.protocol), port] } });
  }
  return [...counters.values()];
}
