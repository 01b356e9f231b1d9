import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../bootstrap/root.mjs';

/**
 * What a case of a row measured, as `reportRow` of test/reliability/scorecard.ts writes it.
 *
 * @typedef {object} Measurement
 * @property {number} row
 * @property {string} case
 * @property {number} n
 * @property {string} passNumber
 * @property {string} measured
 * @property {number} [p50] milliseconds
 * @property {number} [p99] milliseconds
 * @property {number} [seed]
 */

/**
 * What is known of a row.
 *
 * @typedef {object} Row
 * @property {number} row
 * @property {boolean} full whether it was run at its full size
 * @property {number} tests that passed; a row with a test that failed is not written down
 * @property {readonly Measurement[]} cases
 * @property {readonly string[]} failsWithout protections without which the same test was seen to fail
 * @property {string} kernel
 * @property {string} nft
 * @property {string} node
 */

const FILE = join(ROOT, 'docs/scorecard.json');

/** @returns {Promise<readonly Row[]>} what is known so far */
export async function readRows() {
  return readFile(FILE, 'utf8').then(JSON.parse, () => []);
}

/** @param {readonly Row[]} rows */
export async function writeRows(rows) {
  await writeFile(FILE, `${JSON.stringify(rows, undefined, 2)}\n`);
}

/**
 * What is known, with what was learned.
 *
 * @param {readonly Row[]} known
 * @param {readonly Row[]} learned
 * @returns {readonly Row[]}
 */
export function merged(known, learned) {
  const rows = new Map([...known, ...learned].map((row) => [row.row, row]));
  return [...rows.values()].sort((a, b) => a.row - b.row);
}
