/** Whether the full numbers of docs/reliability.md are run, rather than what a quick test can afford. */
export const full = process.env['NFTPROXIER_SCORECARD'] === 'full';

/** How often something is done: often enough to notice, or as often as docs/reliability.md says. */
export function times(reduced: number, complete: number): number {
  return full ? complete : reduced;
}

/** Prints what a row of the scorecard measured. */
export function report(row: number, text: string): void {
  if (full) process.stdout.write(`scorecard row ${row}: ${text}\n`);
}

/** The value that so many percent of the values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** Numbers from 0 up to 1 that look random and are the same every time. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
