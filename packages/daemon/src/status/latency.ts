import type { LatencySample } from './history.js';

/** How long things took, in milliseconds; undefined where nothing was measured. */
export interface LatencySummary {
  /** Samples it is made from: the latest ones. */
  readonly samples: number;
  readonly median?: number;
  readonly p90?: number;
  readonly p99?: number;
  readonly longest?: number;
}

/** Exact quantiles (nearest rank) of samples. */
export function summarise(samples: readonly Pick<LatencySample, 'milliseconds'>[]): LatencySummary {
  const sorted = samples.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  if (sorted.length === 0) return { samples: 0 };
  return { samples: sorted.length, median: at(0.5), p90: at(0.9), p99: at(0.99), longest: at(1) };
}
