import process from 'node:process';
import { socketAddress } from '../../test/lab/dist/index.js';

/** @typedef {import('./ask.mjs').Question} Question */
/** @typedef {import('./ask.mjs').Finding} Finding */

const WIDTHS = [24, 30, 52];
const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined;

/** @param {string} text */
export function say(text) {
  process.stdout.write(`${text}\n`);
}

/**
 * A line of its own above some rows.
 *
 * @param {string} text
 */
export function heading(text) {
  say(`\n${colour ? `\x1b[1m${text}\x1b[0m` : text}`);
}

export function columns() {
  say(`\n  ${row(['who asked', 'for', 'who answered', 'and saw'])}`);
}

/**
 * One question, and what came of it.
 *
 * @param {Question} question
 * @param {Finding} finding
 */
export function line({ from, source, address, port, protocol = 'TCP' }, { right, answer, seen }) {
  const who = source === undefined ? (from.includes('.') ? `pod ${from}` : from) : `${from} ${source}`;
  const text = row([who, `${socketAddress(address, port)} ${protocol}`, answer, seen]);
  say(`${mark(right)} ${text}${right ? '' : '   NOT AS EXPECTED'}`);
}

/**
 * Something else that was found out.
 *
 * @param {boolean} right
 * @param {string} text
 */
export function remark(right, text) {
  say(`${mark(right)} ${text}`);
}

/** @param {boolean} right */
function mark(right) {
  const sign = right ? '✓' : '✗';
  return colour ? `\x1b[${right ? 32 : 31}m${sign}\x1b[0m` : sign;
}

/** @param {readonly string[]} cells */
function row(cells) {
  return cells
    .map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0))
    .join(' ')
    .trimEnd();
}
