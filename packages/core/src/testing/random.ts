/** A source of random numbers in `[0, 1)`. */
export type Random = () => number;

/** A source that gives the same numbers for the same seed: mulberry32, which is short and good enough for tests. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number in `[0, below)`. */
export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

/** One of several. */
export function oneOf<T>(random: Random, values: readonly [T, ...T[]]): T {
  return values[below(random, values.length)] ?? values[0];
}

/** Each of several with the given odds, in their order. */
export function someOf<T>(random: Random, values: readonly T[], odds: number): T[] {
  return values.filter(() => random() < odds);
}

/** The same values in another order. */
export function shuffled<T>(random: Random, values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
