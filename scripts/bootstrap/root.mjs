import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** What the gate keeps between runs: nothing that it could not make again. */
export const CACHE = join(ROOT, 'node_modules/.cache/nftproxier');

/**
 * @param {string} path relative to the top of the repository
 * @returns {Promise<any>}
 */
export async function readJson(path) {
  return JSON.parse(await readFile(join(ROOT, path), 'utf8'));
}
