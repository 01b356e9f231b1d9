/**
 * Counts of a bounded number of keys, and one of all others together: what monitoring can hold of any number of keys.
 *
 * Every count only grows, whoever is among the named: what is counted for a key while it is not named goes to
 * {@link NamedCounts.rest}, and a key that is named again goes on from where it was.
 */
export class NamedCounts<Key> {
  readonly #most: number;
  readonly #counts = new Map<Key, number>();
  #named = new Set<Key>();
  #rest = 0;
  #total = 0;

  /** @param most how many keys are named. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The named keys, and what was counted for each while it was named. */
  get counts(): ReadonlyMap<Key, number> {
    return new Map([...this.#named].map((key) => [key, this.#counts.get(key) ?? 0]));
  }

  /** What was counted for keys that were not named. */
  get rest(): number {
    return this.#rest;
  }

  /** Everything that was counted. */
  get total(): number {
    return this.#total;
  }

  /** Counts for a key; as long as there is room it becomes one of the named. */
  add(key: Key, count: number): void {
    this.#total += count;
    if (!this.#named.has(key) && this.#named.size < this.#most) this.#named.add(key);
    if (this.#named.has(key)) this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
    else this.#rest += count;
  }

  /** Names those with the highest totals; keys without one are forgotten. */
  elect(totals: ReadonlyMap<Key, { readonly connections: number }>): void {
    for (const key of this.#counts.keys()) if (!totals.has(key)) this.#counts.delete(key);
    const highest =
      totals.size <= this.#most
        ? [...totals]
        : [...totals].sort(([, a], [, b]) => b.connections - a.connections).slice(0, this.#most);
    this.#named = new Set(highest.map(([key]) => key));
  }
}
