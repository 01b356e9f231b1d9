import { ms } from '../report/numbers.mjs';

// The shape of a case. What a case measures is plain JSON: tables, plots and verdicts are made from it, also later.

/** @typedef {import('../cluster/services.mjs').Size} Size */

/**
 * @typedef {object} Run
 * @property {boolean} quick less than two minutes for all cases together
 * @property {(line: string) => void} say progress
 * @property {Readonly<Record<string, any>>} known figures of the cases before, by their names
 * @property {import('../contestants/loaded.mjs').Loaded} loaded tables of the cases before
 */

/**
 * @typedef {object} Table
 * @property {string} title
 * @property {readonly string[]} heads
 * @property {readonly (readonly string[])[]} rows
 */

/**
 * A row of the table of targets.
 *
 * @typedef {object} Reach
 * @property {string} what
 * @property {string} target
 * @property {string} measured
 * @property {boolean} pass
 */

/**
 * Cost against size: both axes are logarithmic.
 *
 * @typedef {object} Plot
 * @property {string} file name without its extension
 * @property {string} title
 * @property {string} x
 * @property {string} y
 * @property {readonly { name: string, points: readonly (readonly [x: number, y: number])[] }[]} series
 */

/**
 * @template Figures
 * @typedef {object} Case
 * @property {string} name for `--only`
 * @property {string} title
 * @property {{ quick?: number, full: number }} seconds about how long it takes on two quiet processors; without `quick` it is no
 *   part of the quick run. It is given up after {@link patience} times that
 * @property {(run: Run) => Promise<Figures>} run
 * @property {(figures: Figures) => readonly Table[]} tables
 * @property {(figures: Figures) => readonly Reach[]} reaches
 * @property {(figures: Figures) => readonly Plot[]} plots
 */

/** How many times longer than on a quiet machine a case may take. */
export const patience = 6;

/**
 * A block of the event loop: without waiting for a processor, and with it where that is much longer.
 *
 * @param {{ longestOwnMs: number, longestBlockMs: number }} block
 */
export function blockText({ longestOwnMs, longestBlockMs }) {
  const isBusy = longestBlockMs > 2 * longestOwnMs;
  return isBusy ? `${ms(longestOwnMs)} (${ms(longestBlockMs)} with waiting for a processor)` : ms(longestOwnMs);
}

/** @param {Size} size */
export function sizeName({ services, endpoints }) {
  return `${services.toLocaleString('en')} × ${endpoints}`;
}

/**
 * @template {{ readonly size: Size }} Row
 * @param {readonly Row[]} rows
 * @param {number} services
 */
export function rowOf(rows, services) {
  return rows.find(({ size }) => size.services === services);
}
