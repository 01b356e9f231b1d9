import { renderName } from '../render/index.js';
import { NftRefusedError } from './error.js';
import type { ListOptions, Nft } from './nft.js';

/** A table of another program. It is only ever named: reading what is in it may cost seconds, or crash an older nft. */
export interface ForeignTable {
  /** Tables of different families may have the same name. */
  readonly family: 'ip' | 'ip6' | 'inet';
  /** As the other program calls it. */
  readonly name: string;
}

/**
 * Whether there is such a table. nft is asked whether it could add a chain to it, which needs no listing; nothing is added.
 *
 * @throws as {@link Nft.run}, but not where the table is missing.
 */
export async function foreignTableExists(nft: Nft, table: ForeignTable, options?: ListOptions): Promise<boolean> {
  return wasFound(nft.run(`add chain ${text(table)} nftproxier-probe\n`, { ...options, check: true }));
}

/**
 * Deletes a table of another program, if there is one.
 *
 * @returns whether there was one.
 * @throws as {@link Nft.run}, but not where the table is missing.
 */
export async function deleteForeignTable(nft: Nft, table: ForeignTable, options?: ListOptions): Promise<boolean> {
  return wasFound(nft.run(`delete table ${text(table)}\n`, options));
}

function text({ family, name }: ForeignTable): string {
  return `${family} ${renderName(name, 'table')}`;
}

async function wasFound(running: Promise<void>): Promise<boolean> {
  try {
    await running;
    return true;
  } catch (error) {
    if (error instanceof NftRefusedError && error.reason === 'not-found') return false;
    throw error;
  }
}
