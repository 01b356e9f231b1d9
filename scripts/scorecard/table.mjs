import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../bootstrap/root.mjs';
import { ROWS } from './rows.mjs';

const FILE = join(ROOT, 'docs/reliability.md');
const BEGIN = '<!-- scorecard: written by `npm run scorecard` -->';
const END = '<!-- /scorecard -->';

/**
 * The table of all rows, each case on a line of its own.
 *
 * @param {readonly import('./results.mjs').Row[]} rows
 */
function tableOf(rows) {
  const lines = Object.entries(ROWS).flatMap(([number, title]) => linesOf(Number(number), title, rows));
  return [
    '| # | what happens | case | n | to be reached | measured | p50 | p99 | seed |',
    '|---|---|---|---:|---|---|---:|---:|---:|',
    ...lines,
    '',
    '| # | tests | fails without | kernel | nft | Node |',
    '|---|---:|---|---|---|---|',
    ...rows.map(provenance),
  ].join('\n');
}

/**
 * @param {number} number
 * @param {string} title
 * @param {readonly import('./results.mjs').Row[]} rows
 * @returns {readonly string[]}
 */
function linesOf(number, title, rows) {
  const cases = rows.find(({ row }) => row === number)?.cases ?? [];
  if (cases.length === 0) return [line([number, title, 'not measured yet', '', '', '', '', '', ''])];
  return cases.map(({ case: what, n, passNumber, measured, p50, p99, seed }, index) =>
    line([number, index === 0 ? title : '', what, n, passNumber, measured, duration(p50), duration(p99), seed ?? '']),
  );
}

/** @param {import('./results.mjs').Row} row */
function provenance({ row, tests, failsWithout, kernel, nft, node, full }) {
  return line([row, full ? tests : `${tests} (reduced)`, failsWithout.join('; '), kernel, nft, node]);
}

/** @param {number | undefined} ms */
function duration(ms) {
  if (ms === undefined) return '';
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(2)} s`;
}

/** @param {readonly (string | number)[]} cells */
function line(cells) {
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

/**
 * Writes the table into docs/reliability.md, between the marks.
 *
 * @param {readonly import('./results.mjs').Row[]} rows
 */
export async function writeTable(rows) {
  const text = await readFile(FILE, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${FILE} has no marks ${BEGIN} and ${END}`);
  await writeFile(FILE, `${text.slice(0, begin + BEGIN.length)}\n\n${tableOf(rows)}\n\n${text.slice(end)}`);
}
