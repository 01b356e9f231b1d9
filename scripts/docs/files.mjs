import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ROOT } from '../bootstrap/root.mjs';

/** What is made, not written. In a linked worktree `.git` is a file. */
const MADE = new Set(['node_modules', 'dist', '.git', 'coverage', 'results']);

/**
 * The text files of the repository, as a clone has them.
 *
 * @param {RegExp} wanted matched against the path
 * @param {string} [folder]
 * @returns {Promise<string[]>} paths relative to the top, sorted
 */
export async function files(wanted, folder = ROOT) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (MADE.has(entry.name)) continue;
    if (entry.isDirectory()) found.push(...(await files(wanted, path)));
    else if (entry.isFile() && wanted.test(entry.name)) found.push(relative(ROOT, path));
  }
  return found.sort();
}

/** @param {string} path relative to the top */
export async function textOf(path) {
  return readFile(join(ROOT, path), 'utf8');
}

/**
 * @param {string} text
 * @param {number} index
 * @returns {number} the line that a position is on, from 1
 */
export function lineAt(text, index) {
  return text.slice(0, index).split('\n').length;
}
