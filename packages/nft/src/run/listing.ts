import type { Chain } from '../syntax/index.js';
import { renderName } from '../render/index.js';
import { NftKilledError, NftOutputError, NftRefusedError } from './error.js';
import { elementOf, field, objectsOf } from './json.js';
import type { Json, ListedElement } from './json.js';
import type { ListOptions, Nft } from './nft.js';

/** A chain as the kernel has it. */
export interface ListedChain {
  /** The table's name, whoever made the table. */
  readonly table: string;
  /** The chain's name. */
  readonly name: string;
  /** Where netfilter calls it; absent where only rules and maps lead to it. */
  readonly base?: NonNullable<Chain['base']>;
}

/**
 * All chains of all tables of family `inet`, without their rules.
 *
 * The cheapest question there is about what the kernel holds: 4 ms, however many elements there are. With 50,000 of them
 * `nft list tables` takes 0.6 s and 97 MB (nft 1.0.6 reads every element), and so do `nft list table` with `--terse`,
 * `nft list chain` and `nft get element`; `nft --check` of a deletion takes 10 to 20 ms, the kernel's grace period.
 */
export async function listChains(nft: Nft, options?: ListOptions): Promise<readonly ListedChain[]> {
  return objectsOf(await nft.list(['chains', 'inet'], options), 'chain').flatMap((chain) => chainOf(chain));
}

/** Whether there is a table of family `inet` with this name and at least one chain. */
export async function tableExists(nft: Nft, table: string, options?: ListOptions): Promise<boolean> {
  return (await listChains(nft, options)).some((chain) => chain.table === table);
}

/**
 * The names of a table's sets, without maps. 30 ms beside 50,000 elements: they are not read.
 */
export async function listSetNames(nft: Nft, table: string, options?: ListOptions): Promise<readonly string[]> {
  const output = await nft.list(['sets', 'inet'], { ...options, terse: true });
  return objectsOf(output, 'set').flatMap((set) => {
    const name = field(set, 'name');
    return field(set, 'table') === table && typeof name === 'string' ? [name] : [];
  });
}

/** A table's objects, without the elements of its sets. */
export interface ListedTable {
  /** Its chains, with how many rules each has. */
  readonly chains: readonly (ListedChain & { readonly rules: number })[];
  /** Its sets and maps; nft wants the right word to list one. */
  readonly sets: readonly { readonly name: string; readonly kind: 'set' | 'map' }[];
}

/**
 * What a table of family `inet` is made of. nft 1.0.6 reads all elements for it, though it prints none: see
 * {@link listChains}.
 *
 * @throws {@link NftRefusedError} with reason `not-found` if there is no such table.
 */
export async function listTable(nft: Nft, table: string, options?: ListOptions): Promise<ListedTable> {
  const { chains, sets } = structureIn(await nft.list(['table', 'inet', table], { ...options, terse: true }), table);
  return { chains: chains.map((chain) => ({ ...chain, rules: chain.rules.length })), sets };
}

/** A table's objects and its rules, without elements. */
export interface ListedStructure {
  /** Its chains, each with its rules as nft prints them in JSON; equal rules have equal text. */
  readonly chains: readonly (ListedChain & { readonly rules: readonly string[] })[];
  /** Its sets and maps. */
  readonly sets: ListedTable['sets'];
}

/**
 * What a table of family `inet` is made of, without reading elements: of a single table nft 1.0.6 reads them all, of all
 * tables of a family none. 7 ms of CPU beside 70,000 elements, and beside as many as there may be.
 *
 * @returns undefined if there is no such table.
 */
export async function listStructure(
  nft: Nft,
  table: string,
  options?: ListOptions,
): Promise<ListedStructure | undefined> {
  const output = await listFamily(nft, table, { ...options, terse: true });
  return objectsOf(output, 'table').some((of) => field(of, 'name') === table) ? structureIn(output, table) : undefined;
}

function structureIn(output: unknown, table: string): ListedStructure {
  const own = (kind: string): readonly Json[] => objectsOf(output, kind).filter((of) => field(of, 'table') === table);
  const rules = new Map<unknown, string[]>();
  for (const rule of own('rule')) {
    const chain = field(rule, 'chain');
    const text = JSON.stringify(field(rule, 'expr'));
    const known = rules.get(chain);
    if (known === undefined) rules.set(chain, [text]);
    else known.push(text);
  }
  const chains = own('chain').flatMap((chain) => chainOf(chain));
  const sets = (['set', 'map'] as const).flatMap((kind) =>
    own(kind).flatMap((set) => {
      const name = field(set, 'name');
      return typeof name === 'string' ? [{ name, kind }] : [];
    }),
  );
  return { chains: chains.map((chain) => ({ ...chain, rules: rules.get(chain.name) ?? [] })), sets };
}

/**
 * All tables of family `inet`, or this one alone where nft cannot write them all: of a table that a process owns, such as
 * the keeper's, nft 1.0.6 may write half the JSON and end well, or crash. The detour reads all elements of the table.
 */
async function listFamily(nft: Nft, table: string, options: ListOptions & { readonly terse: true }): Promise<unknown> {
  try {
    return await nft.list(['ruleset', 'inet'], options);
  } catch (error) {
    if (!(error instanceof NftOutputError || error instanceof NftKilledError)) throw error;
  }
  try {
    return await nft.list(['table', 'inet', table], options);
  } catch (error) {
    if (error instanceof NftRefusedError && error.reason === 'not-found') return { nftables: [] };
    throw error;
  }
}

/** What was read of a set or map. */
export interface ListedElements {
  /** Elements that were read, with their timers in seconds. */
  readonly elements: readonly ListedElement[];
  /** Elements in forms this package does not write, e.g. ranges that are not prefixes. */
  readonly unread: number;
}

/**
 * The elements of one set or map, in the kernel's order. The time is that of reading all of them: 1.1 s for 50,000 of a map
 * with three-part keys, 4 ms for a small set, also beside a big one.
 *
 * @throws {@link NftRefusedError} with reason `not-found` if there is no such set.
 */
export async function listElements(
  nft: Nft,
  { table, set, kind }: { readonly table: string; readonly set: string; readonly kind: 'set' | 'map' },
  options?: ListOptions,
): Promise<ListedElements> {
  const output = await nft.list([kind, 'inet', table, set], options);
  const listed = objectsOf(output, kind).flatMap((object) => field(object, 'elem') ?? []);
  const elements = listed.map(elementOf).filter((element) => element !== undefined);
  return { elements, unread: listed.length - elements.length };
}

/** Deletes a table of family `inet`, if there is one. */
export async function deleteTable(nft: Nft, table: string, options?: ListOptions): Promise<void> {
  try {
    await nft.run(`delete table inet ${renderName(table, 'table')}\n`, options);
  } catch (error) {
    if (!(error instanceof NftRefusedError) || error.reason !== 'not-found') throw error;
  }
}

function chainOf(json: unknown): readonly ListedChain[] {
  const table = field(json, 'table');
  const name = field(json, 'name');
  if (typeof table !== 'string' || typeof name !== 'string' || field(json, 'family') !== 'inet') return [];
  const type = field(json, 'type');
  const hook = field(json, 'hook');
  const priority = field(json, 'prio');
  if (typeof type !== 'string' || typeof hook !== 'string' || typeof priority !== 'number') return [{ table, name }];
  return [{ table, name, base: { type, hook, priority } as NonNullable<Chain['base']> }];
}
