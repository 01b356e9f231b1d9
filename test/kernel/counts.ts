import type { Nft } from '@nftproxier/nft';

/** How many objects of each kind a table has in the kernel. */
export interface KernelCounts {
  readonly chains: number;
  readonly rules: number;
  readonly sets: number;
  readonly maps: number;
}

/** Counts the chains, rules, sets and maps of a table, without reading elements. */
export async function countObjects(nft: Nft, table: string): Promise<KernelCounts> {
  const listing = (await nft.list(['table', 'inet', table])) as { readonly nftables: readonly object[] };
  const count = (kind: string): number => listing.nftables.filter((object) => kind in object).length;
  return { chains: count('chain'), rules: count('rule'), sets: count('set'), maps: count('map') };
}

/** All elements of all sets and maps of a table, sorted, without handles and timers: equal for equal tables. */
export async function kernelContents(nft: Nft, table: string): Promise<readonly string[]> {
  const listing = (await nft.list(['table', 'inet', table])) as { readonly nftables: readonly Listed[] };
  return listing.nftables
    .flatMap((object) => {
      const set = object.set ?? object.map;
      if (set !== undefined)
        return [set.name, ...(set.elem ?? []).map((element) => `${set.name} ${JSON.stringify(element)}`)];
      if (object.rule !== undefined) return [`${object.rule.chain} ${JSON.stringify(object.rule.expr)}`];
      return object.chain === undefined ? [] : [object.chain.name];
    })
    .sort();
}

interface Listed {
  readonly set?: ListedSet;
  readonly map?: ListedSet;
  readonly chain?: { readonly name: string };
  readonly rule?: { readonly chain: string; readonly expr: unknown };
}

interface ListedSet {
  readonly name: string;
  readonly elem?: readonly unknown[];
}
