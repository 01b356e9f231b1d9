/** One metric, as data: what the registry, the recorder, the reference page and the tests know of it. */
export interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, in the unit of the metric. */
  readonly buckets?: readonly number[];
  /** Values of labels that are there from the start, so that a counter begins at 0 rather than out of nothing. */
  readonly initial?: readonly Readonly<Record<string, string>>[];
}

/** `count` numbers from `start`, each `factor` times the one before. */
export const exponential = (start: number, factor: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => start * factor ** index);

/** Numbers from `start` to `end`, `step` apart, both ends included. */
export const linear = (start: number, end: number, step: number): readonly number[] =>
  Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step);
