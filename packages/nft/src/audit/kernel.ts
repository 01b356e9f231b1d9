import { checkTransaction, createTarget, listElements, listStructure } from '../run/index.js';
import type { ListedElements, ListedStructure, Nft, NftTarget } from '../run/index.js';
import type { Transaction } from '../syntax/index.js';

/** What a {@link TableAuditor} needs of nftables: the real one, or the fake. */
export interface AuditKernel extends NftTarget {
  /** A table's chains, rules, sets and maps; undefined if there is no such table. */
  listStructure(table: string): Promise<ListedStructure | undefined>;
  /** The elements of one set or map. */
  listElements(set: {
    readonly table: string;
    readonly set: string;
    readonly kind: 'set' | 'map';
  }): Promise<ListedElements>;
  /** Whether a transaction would be accepted; nothing takes effect. Throws as `apply`. */
  check(transaction: Transaction): Promise<void>;
}

/** The kernel as an auditor needs it. */
export function createAuditKernel(nft: Nft): AuditKernel {
  return {
    ...createTarget(nft),
    listStructure: (table) => listStructure(nft, table),
    listElements: (set) => listElements(nft, set),
    check: (transaction) => checkTransaction(nft, transaction),
  };
}
