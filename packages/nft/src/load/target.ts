import { createTarget } from '../run/target.js';
import type { NftTarget } from '../run/target.js';
import { listChains, listElements, listSetNames } from '../run/listing.js';
import type { ListedChain } from '../run/listing.js';
import type { Nft } from '../run/nft.js';
import type { ListedElement } from '../run/json.js';

/** What a loader needs of nftables: the real one, or the fake. */
export interface LoadTarget extends NftTarget {
  /** All chains of all tables of family `inet`. */
  listChains(): Promise<readonly ListedChain[]>;
  /** The names of a table's sets. */
  listSets(table: string): Promise<readonly string[]>;
  /** The elements of one set, with their timers and counters. */
  listElements(table: string, set: string): Promise<readonly ListedElement[]>;
}

/** The kernel as a loader needs it. */
export function createLoadTarget(nft: Nft): LoadTarget {
  return {
    ...createTarget(nft),
    listChains: () => listChains(nft),
    listSets: (table) => listSetNames(nft, table),
    listElements: async (table, set) => (await listElements(nft, { table, set, kind: 'set' })).elements,
  };
}

/** The table that was in service is gone, or no longer what was loaded: somebody else deleted or changed it. */
export class TableLostError extends Error {
  override readonly name = 'TableLostError';
  readonly code = 'TABLE_LOST';
  /** The name of the table, of family `inet`. */
  readonly table: string;

  constructor(table: string, options?: ErrorOptions) {
    super(`table inet ${table} is gone or was changed by another program; it is loaded anew`, options);
    this.table = table;
  }
}
