import { skeletonOperations } from '../ruleset/skeleton.js';
import type { TableSettings } from '../ruleset/settings.js';
import type { ListedChain } from '../run/listing.js';
import type { Operation } from '../syntax/index.js';

/**
 * The two names a table can have. A new table is filled beside the one in service and takes over from it, so that no
 * packet meets an empty one; which of the names is in service alternates with every replacement.
 */
export const tableNames = ['nftproxier', 'nftproxier-2'] as const;

/** One of {@link tableNames}. */
export type TableName = (typeof tableNames)[number];

/** The other name. */
export function otherTable(name: TableName): TableName {
  return name === 'nftproxier' ? 'nftproxier-2' : 'nftproxier';
}

/**
 * An empty chain that says which layout a table has. A name needs no quoting, unlike a comment, and every nft can read it.
 * To be raised when the fixed part of the table changes.
 */
export const layoutChain = 'layout-1';

/** The table that has base chains: the one in service. */
export function servingTable(chains: readonly ListedChain[]): TableName | undefined {
  const serving = new Set(chains.flatMap(({ table, base }) => (base ? [table] : [])));
  return tableNames.find((name) => serving.has(name));
}

/** What begins every load: a table without elements, whatever was left of that name. */
export function emptyTable(settings: TableSettings): readonly Operation[] {
  return [
    { op: 'add-table' },
    { op: 'delete-table' },
    ...skeletonOperations(settings),
    { op: 'add-chain', chain: { name: layoutChain } },
  ];
}
