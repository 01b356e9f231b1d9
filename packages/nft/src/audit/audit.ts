import type { TableState } from '../fake/index.js';
import { servingTable } from '../load/tables.js';
import type { TableName } from '../load/tables.js';
import { listChains, listElements, listTable } from '../run/index.js';
import type { ListedElements, ListedTable, ListOptions, Nft } from '../run/index.js';
import type { Atom } from '../syntax/index.js';
import type { Discrepancy } from './discrepancy.js';
import { auditElements } from './elements.js';
import { auditObjects } from './objects.js';
import { orderOfSlots } from './order.js';

/** What an audit reads: a table in the kernel, or whatever stands for one. */
export interface AuditSource {
  /** The table's chains, sets and maps. */
  listTable(): Promise<ListedTable>;
  /** The elements of one set or map. */
  listElements(set: ListedTable['sets'][number]): Promise<ListedElements>;
}

/** What an audit found. */
export interface Audit {
  /** Elements that were read and compared. */
  readonly elements: number;
  /** Sets and maps that were read and compared. */
  readonly sets: number;
  /** Chains that are desired. */
  readonly chains: number;
  /** The first discrepancies, at most {@link mostDiscrepancies}. */
  readonly discrepancies: readonly Discrepancy[];
  /** How many there are in all; 0 where the kernel is as desired. */
  readonly total: number;
}

/** How many discrepancies are kept: the first ones say what is wrong, and a strange table has as many as elements. */
export const mostDiscrepancies = 100;

/** Which table of ours is in service; undefined if none is. */
export async function findServingTable(nft: Nft, options?: ListOptions): Promise<TableName | undefined> {
  return servingTable(await listChains(nft, options));
}

/** A table in the kernel as an audit reads it. Its methods throw as {@link listTable} and {@link listElements}. */
export function createAuditSource(nft: Nft, table: string, options?: ListOptions): AuditSource {
  return {
    listTable: () => listTable(nft, table, options),
    listElements: ({ name, kind }) => listElements(nft, { table, set: name, kind }, options),
  };
}

/**
 * Compares a table with what it should hold. Reads one set after the other, and keeps none. Not compared: rules, beyond
 * their number; clients that session affinity remembers; counters and timers; the order of slots that are
 * drawn at random.
 *
 * @param desired such as {@link FakeNft} holds after the transaction of {@link prepareTable}.
 */
export async function auditTable(source: AuditSource, desired: TableState): Promise<Audit> {
  const listed = await source.listTable();
  const isOrdered = orderOfSlots(desired);
  const found: Discrepancy[] = [];
  let [total, elements, sets] = [0, 0, 0];
  const note = (discrepancies: readonly Discrepancy[]): void => {
    total += discrepancies.length;
    found.push(...discrepancies.slice(0, mostDiscrepancies - found.length));
  };
  note(auditObjects(listed, desired));
  for (const set of listed.sets) {
    const state = desired.sets.get(set.name);
    // Rules write the elements of dynamic sets.
    if (state === undefined || state.declaration.flags?.includes('dynamic') === true) continue;
    const { elements: kernel, unread } = await source.listElements(set);
    const both = { kernel, desired: state.elements.values() };
    const order = (frontend: readonly Atom[]): boolean => isOrdered(set.name, frontend);
    note(auditElements({ name: set.name, object: set.kind, ...both, isOrdered: order }));
    if (unread > 0) {
      const element = `${String(unread)} that nftproxier did not write`;
      note([{ kind: 'unexpected', object: set.kind, name: set.name, element }]);
    }
    elements += kernel.length + unread;
    sets += 1;
  }
  return { elements, sets, chains: desired.chains.size, discrepancies: found, total };
}
