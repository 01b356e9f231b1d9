import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, readJson } from '../bootstrap/root.mjs';

/**
 * @typedef {object} EntryPoint
 * @property {string} specifier what an importer writes
 * @property {string} source path of the module, relative to the top
 * @property {string} types path of its built declarations, relative to the top
 */

/**
 * What the packages let others import.
 *
 * @returns {Promise<EntryPoint[]>}
 */
export async function entryPoints() {
  const found = [];
  for (const name of (await readdir(join(ROOT, 'packages'))).sort()) {
    const manifest = await readJson(`packages/${name}/package.json`);
    for (const [path, conditions] of Object.entries(manifest.exports)) {
      if (typeof conditions === 'string') continue;
      const types = join('packages', name, conditions.types);
      const source = types.replace('/dist/', '/src/').replace(/[.]d[.]ts$/, '.ts');
      found.push({ specifier: `${manifest.name}${path.slice(1)}`, source, types });
    }
  }
  return found;
}
