interface Listed {
  readonly name: string;
  readonly table: string;
  readonly type?: string;
  readonly elem?: readonly unknown[];
}

/** A table of ours as `nft -j list ruleset` shows it. */
interface ListedTable {
  readonly name: string;
  /** Whether packets meet it. */
  readonly isServing: boolean;
  /**
   * What it holds, in a form that is equal for equal tables: without counters, without timers, and whichever slot an
   * endpoint is in. Chains for numbers of endpoints may be left over, and are not among it.
   */
  readonly contents: readonly string[];
}

/** Where nft can be run. */
interface Place {
  exec(argv: readonly string[], options?: { readonly timeout?: number }): Promise<{ readonly stdout: string }>;
}

/** The whole ruleset, as nft lists it. */
export async function listRuleset(place: Place): Promise<string> {
  const { stdout } = await place.exec(['nft', '-j', 'list', 'ruleset'], { timeout: 60_000 });
  // nft 1.0.6 prints half of it, and ends with 0, where a table goes while it reads.
  return stdout.trimEnd().endsWith('}') ? stdout : listRuleset(place);
}

/** Our tables in a listing of the whole ruleset. */
export function tablesIn(listing: string): readonly ListedTable[] {
  const { nftables } = JSON.parse(listing) as { readonly nftables: readonly Record<string, Listed>[] };
  const names = nftables.flatMap(({ table }) => (table !== undefined && isOurs(table.name) ? [table.name] : []));
  return names.map((name) => {
    const own = nftables.filter((object) => Object.values(object)[0]?.table === name);
    return {
      name,
      isServing: own.some(({ chain }) => chain?.type !== undefined),
      contents: own.flatMap(linesOf).sort(),
    };
  });
}

function isOurs(table: string): boolean {
  return table === 'nftproxier' || table === 'nftproxier-2';
}

function linesOf({ set, map, chain }: Record<string, Listed>): readonly string[] {
  if (chain !== undefined) return chain.name.includes('/') ? [chain.name] : [];
  const of = set ?? map;
  if (of === undefined) return [];
  return [of.name, ...(of.elem ?? []).map((element) => `${of.name} ${comparable(of.name, element)}`)];
}

function comparable(set: string, element: unknown): string {
  const text = JSON.stringify(element, (key, value: unknown) =>
    /^(counter|expires|timeout)$/.test(key) ? undefined : value,
  );
  // The last number of a key is the slot.
  return set.includes('endpoints-') ? text.replace(/,\d+\]\}/, ']}') : text;
}
