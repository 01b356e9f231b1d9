import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import process from 'node:process';
import { ROOT } from '../bootstrap/root.mjs';
import { run } from '../bootstrap/run.mjs';

/** Full numbers take long: half a day is a hang. */
const HANG_MS = 6 * 3_600_000;

/**
 * A test of a row.
 *
 * @typedef {object} RowTest
 * @property {number} row
 * @property {string} name
 * @property {'passed' | 'failed'} state
 * @property {string} failure why it failed
 */

/**
 * What a run of the rows' tests came to.
 *
 * @typedef {object} Run
 * @property {readonly RowTest[]} tests
 * @property {readonly import('./results.mjs').Measurement[]} measurements
 */

/**
 * Runs the tests of rows: those with `row N` in their name.
 *
 * @param {object} options
 * @param {'unit' | 'kernel'} options.project
 * @param {readonly number[]} options.rows
 * @param {boolean} options.full
 * @returns {Promise<Run>}
 */
export async function runRows({ project, rows, full }) {
  const folder = await mkdtemp(join(tmpdir(), 'nftproxier-scorecard-'));
  const report = join(folder, 'tests.json');
  const measurements = join(folder, 'measurements.jsonl');
  try {
    const vitest = [process.execPath, join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--project', project];
    const chosen = ['-t', `row (${rows.join('|')})\\b`, ...(await filesOf(rows))];
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${report}`];
    await run([...vitest, ...chosen, '--retry=0', '--passWithNoTests', ...reporters], {
      env: { NFTPROXIER_SCORECARD: full ? 'full' : '', NFTPROXIER_SCORECARD_FILE: measurements },
      timeoutMs: HANG_MS,
      stream: true,
    });
    const { testResults } = JSON.parse(await readFile(report, 'utf8'));
    return { tests: testResults.flatMap(testsOf), measurements: await linesOf(measurements) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The files that speak of the rows: the others need not be read.
 *
 * @param {readonly number[]} rows
 */
async function filesOf(rows) {
  const pattern = new RegExp(`\\brow (${rows.join('|')})\\b`);
  /** @type {string[]} */
  const files = [];
  for (const folder of ['test', 'packages']) {
    for (const name of await readdir(join(ROOT, folder), { recursive: true })) {
      const path = join(ROOT, folder, name);
      if (!name.endsWith('.test.ts') || name.includes('node_modules')) continue;
      if (pattern.test(await readFile(path, 'utf8'))) files.push(relative(ROOT, path));
    }
  }
  return files.sort();
}

/**
 * @param {{ readonly message: string, readonly name: string, readonly status: string, readonly assertionResults: readonly { readonly fullName: string, readonly status: string, readonly failureMessages: readonly string[] }[] }} file
 * @returns {readonly RowTest[]}
 */
function testsOf({ name, status, message, assertionResults }) {
  // A file that could not be run has no tests to tell of it.
  if (status === 'failed' && assertionResults.length === 0)
    return [{ row: 0, name: relative(ROOT, name), state: 'failed', failure: message }];
  return assertionResults.flatMap(({ fullName, status, failureMessages }) => {
    const row = Number(/\brow (\d+)\b/.exec(fullName)?.[1]);
    if (Number.isNaN(row) || (status !== 'passed' && status !== 'failed')) return [];
    return [{ row, name: fullName, state: status, failure: failureMessages.join('\n') }];
  });
}

/** @param {string} file */
async function linesOf(file) {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
