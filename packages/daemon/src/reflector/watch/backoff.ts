import type { Limits } from './limits.js';

/**
 * The time until attempt `failures + 1`: from a fifth of the bound up to the bound, which doubles from the first limit
 * to the last. The spread keeps the nodes of a cluster apart. `atLeastMs`, the server's wish, is a lower bound, with the
 * spread added on top.
 */
export function backoff(failures: number, atLeastMs: number, limits: Limits, random: () => number): number {
  const [first, last] = limits.backoffMs;
  const bound = Math.min(last, first * 2 ** Math.min(failures, 16));
  const wish = Math.min(atLeastMs, limits.retryAfterMs);
  const own = bound * (0.2 + 0.8 * random());
  return wish < own ? own : wish + first * random();
}

/** A value drawn evenly from a range. */
export function draw([from, to]: readonly [number, number], random: () => number): number {
  return from + (to - from) * random();
}
