/** Something that a table in the kernel lacks, or has too much. */
export interface Discrepancy {
  /** `missing`: it is desired and not in the kernel; `unexpected`: the other way round. */
  readonly kind: 'missing' | 'unexpected';
  /** What it is, or, with `element`, where. */
  readonly object: 'chain' | 'set' | 'map';
  /** The chain's, set's or map's name. */
  readonly name: string;
  /**
   * The element as nft writes it. Of slots, which may be in any order, `*` stands for what does not matter: `… . * : …`
   * is an endpoint in whichever slot, `… . 3 : *` a slot with whichever endpoint.
   */
  readonly element?: string;
  /** What is different about a chain that both have. */
  readonly detail?: string;
}

/** What each of two lists has that the other has not. What occurs several times is counted. */
export function compareTexts(
  kernel: Iterable<string>,
  desired: Iterable<string>,
): { readonly missing: readonly string[]; readonly unexpected: readonly string[] } {
  const counts = new Map<string, number>();
  for (const text of desired) counts.set(text, (counts.get(text) ?? 0) + 1);
  const unexpected: string[] = [];
  for (const text of kernel) {
    const left = counts.get(text) ?? 0;
    if (left === 0) unexpected.push(text);
    else counts.set(text, left - 1);
  }
  const missing = [...counts].flatMap(([text, count]) => Array.from({ length: count }, () => text));
  return { missing, unexpected };
}
