import { appendFileSync } from 'node:fs';
import process from 'node:process';

/** Whether the full numbers of docs/reliability.md are run, rather than what the gate can afford. */
export const full = process.env['NFTPROXIER_SCORECARD'] === 'full';

/** How often something is done: often enough to notice, or as often as docs/reliability.md says. */
export function times(reduced: number, complete: number): number {
  return full ? complete : reduced;
}

/** What one case of a row of the scorecard came to. */
export interface RowMeasurement {
  /** The row of docs/reliability.md, 1 to 25. */
  readonly row: number;
  /** What was done, in a few words that tell it from the row's other cases. */
  readonly case: string;
  /** How often it was done. */
  readonly n: number;
  /** The number that has to be reached. The test asserts it; here it is text. */
  readonly passNumber: string;
  /** What was measured, beside the times. */
  readonly measured: string;
  /** How long each took, in milliseconds: for p50 and p99. */
  readonly tookMs?: readonly number[];
  /** With which the same can be done again. */
  readonly seed?: number;
}

/** Prints what a case of a row measured, and hands it to `npm run scorecard`, where that is what runs. */
export function reportRow({ tookMs = [], ...measurement }: RowMeasurement): void {
  const p50 = tookMs.length === 0 ? undefined : Math.round(percentile(tookMs, 50));
  const p99 = tookMs.length === 0 ? undefined : Math.round(percentile(tookMs, 99));
  const { row, n, passNumber, measured, seed } = measurement;
  const spread = p50 === undefined ? '' : `, p50 ${String(p50)} ms, p99 ${String(p99)} ms`;
  const again = seed === undefined ? '' : `, seed ${String(seed)}`;
  process.stdout.write(
    `scorecard row ${String(row)}: ${measurement.case}, n ${String(n)}: ${measured}${spread}${again} (to be reached: ${passNumber})\n`,
  );
  const file = process.env['NFTPROXIER_SCORECARD_FILE'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ ...measurement, p50, p99 })}\n`);
}

/** The value that so many percent of the values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}
