import { deleteForeignTable } from '@nftproxier/nft';
import type { ForeignTable, Nft } from '@nftproxier/nft';
import type { Removal } from './removal.js';

/** The tables of kube-proxy in nftables mode. */
export const kubeProxyTables: readonly ForeignTable[] = [
  { family: 'ip', name: 'kube-proxy' },
  { family: 'ip6', name: 'kube-proxy' },
];

/** Deletes the tables of kube-proxy, those that are there. */
export async function removeNftTables(nft: Nft): Promise<Removal> {
  const removed: string[] = [];
  for (const table of kubeProxyTables) {
    if (await deleteForeignTable(nft, table)) removed.push(`table ${table.family} ${table.name}`);
  }
  return { removed, kept: [], isComplete: true };
}
