import { release } from 'node:os';
import process from 'node:process';
import { run } from '../bootstrap/run.mjs';
import { merged, readRows, writeRows } from './results.mjs';
import { ROWS } from './rows.mjs';
import { writeTable } from './table.mjs';
import { runRows } from './tests.mjs';

const USAGE = `npm run scorecard -- [--rows N[,N…]] [--reduced] [--render] [--help]

  --rows     run these rows alone, and leave what is known of the others
  --reduced  do what the gate does, instead of the full numbers
  --render   run nothing: write the table of docs/reliability.md from docs/scorecard.json
`;

/**
 * @param {readonly string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function main(args) {
  if (args.includes('--help')) return print(USAGE);
  const rows = rowsOf(args);
  if (rows === undefined) return print(USAGE) + 2;
  if (!args.includes('--render')) {
    const learned = await learn(rows, !args.includes('--reduced'));
    await writeRows(merged(await readRows(), learned.rows));
    for (const { name, failure } of learned.failed) print(`failed: ${name}\n${failure}\n`);
    await writeTable(await readRows());
    return learned.failed.length === 0 ? 0 : 1;
  }
  await writeTable(await readRows());
  return 0;
}

/**
 * @param {readonly string[]} args
 * @returns {readonly number[] | undefined} undefined where an argument cannot be used
 */
function rowsOf(args) {
  const at = args.findIndex((arg) => arg === '--rows' || arg.startsWith('--rows='));
  const rest = args.filter((arg, index) => arg !== '--reduced' && arg !== '--render' && index !== at);
  if (at < 0) return rest.length === 0 ? Object.keys(ROWS).map(Number) : undefined;
  const inline = (args[at] ?? '').split('=')[1];
  const text = inline ?? args[at + 1] ?? '';
  const rows = text.split(',').map(Number);
  return rows.every((row) => ROWS[row] !== undefined) && rest.length === (inline === undefined ? 1 : 0)
    ? rows
    : undefined;
}

/**
 * Runs rows and sums up what they measured. A row of which a test failed stays as it was.
 *
 * @param {readonly number[]} rows
 * @param {boolean} full
 */
async function learn(rows, full) {
  const runs = [await runRows({ project: 'unit', rows, full }), await runRows({ project: 'kernel', rows, full })];
  const tests = runs.flatMap((one) => one.tests);
  const measurements = runs.flatMap((one) => one.measurements);
  const machine = { kernel: release().split('-')[0] ?? '', nft: await nftVersion(), node: process.versions.node };
  const passed = rows.filter((row) => isPassed(tests.filter((test) => test.row === row)));
  return {
    failed: tests.filter(({ state }) => state === 'failed'),
    rows: passed.map((row) => ({
      row,
      full,
      tests: tests.filter((test) => test.row === row).length,
      cases: measurements.filter((measurement) => measurement.row === row),
      failsWithout: withoutsOf(tests.filter((test) => test.row === row)),
      ...machine,
    })),
  };
}

/** @param {readonly import('./tests.mjs').RowTest[]} tests */
function isPassed(tests) {
  return tests.length > 0 && tests.every(({ state }) => state === 'passed');
}

/**
 * The protections that the names of tests say their row fails without.
 *
 * @param {readonly import('./tests.mjs').RowTest[]} tests
 */
function withoutsOf(tests) {
  const found = tests.flatMap(({ name }) => /\b(?:fails|go wrong) without (.+)$/.exec(name)?.[1] ?? []);
  return [...new Set(found)].sort();
}

async function nftVersion() {
  const { output } = await run(['nft', '--version']);
  return /v([\d.]+)/.exec(output)?.[1] ?? '';
}

/** @param {string} text */
function print(text) {
  process.stdout.write(text);
  return 0;
}
