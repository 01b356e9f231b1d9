import { protocols } from '@nftproxier/core';
import type { Family } from '@nftproxier/core';
import { keyText } from '../fake/index.js';
import type { TableState } from '../fake/index.js';
import { setNames, slotMapName, wordOf } from '../ruleset/names.js';
import { isHashedChainName } from '../ruleset/pick.js';
import type { Atom } from '../syntax/index.js';

/** Whether the slots of a frontend in a map have an order that matters: those that a hash chooses from. */
export type OrderOfSlots = (map: string, frontend: readonly Atom[]) => boolean;

/** Tells from the verdicts of a table which frontends lead to a chain that hashes. */
export function orderOfSlots(desired: TableState): OrderOfSlots {
  const ordered = new Set<string>();
  for (const family of ['IPv4', 'IPv6'] as const) {
    const { services, nodePorts } = setNames(family);
    for (const [set, key] of [
      [services, 'address'],
      [nodePorts, 'nodeport'],
    ] as const) {
      for (const { key: atoms, value } of desired.sets.get(set)?.elements.values() ?? []) {
        if (value === undefined || !('chain' in value) || !isHashedChainName(value.chain)) continue;
        const [port = '', word, address] = [...atoms].reverse();
        const frontend = address === undefined ? [port] : [address, port];
        for (const map of mapsOf(key, String(word), family)) ordered.add(`${map} ${keyText(frontend)}`);
      }
    }
  }
  return (map, frontend) => ordered.has(`${map} ${keyText(frontend)}`);
}

function mapsOf(key: 'address' | 'nodeport', word: string, family: Family): readonly string[] {
  const protocol = protocols.find((one) => wordOf(one) === word);
  if (protocol === undefined) return [];
  return (['cluster', 'local'] as const).map((list) => slotMapName(key, list, protocol, family));
}
