import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT, readJson } from '../bootstrap/root.mjs';

/**
 * A package that is installed with one of ours, or one of ours.
 *
 * @typedef {object} Installed
 * @property {string} key name and version
 * @property {string} name
 * @property {string} version
 * @property {string} license as its package.json says
 * @property {string} [integrity] of its archive, as the lockfile says; ours have none before they are published
 * @property {readonly string[]} needs keys of what it depends on itself
 */

/**
 * @typedef {object} Lockfile
 * @property {Record<string, { dependencies?: Record<string, { version: string }> }>} importers
 * @property {Record<string, { resolution: { integrity?: string } }>} packages
 * @property {Record<string, { dependencies?: Record<string, string>, optionalDependencies?: Record<string, string> }>} snapshots
 */

/**
 * One of our packages and all that is installed with it, from the lockfile and from what is installed here.
 *
 * @param {string} folder under packages/
 * @returns {Promise<readonly [Installed, ...Installed[]]>} that package first
 */
export async function installedWith(folder) {
  /** @type {Lockfile} */
  const lockfile = parse(await readFile(join(ROOT, 'pnpm-lock.yaml'), 'utf8'));
  /** @type {Map<string, Installed>} */
  const found = new Map();
  const own = await addOwn(folder);
  const others = [...found.values()].filter((one) => one !== own).sort((a, b) => (a.key < b.key ? -1 : 1));
  return [own, ...others];

  /**
   * @param {string} name of a folder
   * @returns {Promise<Installed>}
   */
  async function addOwn(name) {
    const manifest = await readJson(`packages/${name}/package.json`);
    const dependencies = Object.entries(lockfile.importers[`packages/${name}`]?.dependencies ?? {});
    /** @type {string[]} */
    const needs = [];
    for (const [dependency, { version }] of dependencies) {
      const isOwn = version.startsWith('link:');
      needs.push(isOwn ? (await addOwn(version.slice('link:../'.length))).key : await add(dependency, version));
    }
    const { name: full, version, license } = manifest;
    const one = { key: `${full}@${version}`, name: full, version, license, needs };
    found.set(one.key, one);
    return one;
  }

  /**
   * @param {string} name
   * @param {string} resolved its version, and in parentheses what it was resolved with
   * @returns {Promise<string>} its key
   */
  async function add(name, resolved) {
    const version = resolved.replace(/\(.*$/u, '');
    const key = `${name}@${version}`;
    if (found.has(key)) return key;
    const { integrity } = lockfile.packages[key]?.resolution ?? {};
    const snapshot = lockfile.snapshots[`${name}@${resolved}`] ?? {};
    /** @type {string[]} */
    const needs = [];
    const one = {
      key,
      name,
      version,
      license: await licenseOf(name, resolved),
      needs,
      ...(integrity && { integrity }),
    };
    found.set(key, one);
    const wanted = { ...snapshot.dependencies, ...snapshot.optionalDependencies };
    for (const [dependency, itsVersion] of Object.entries(wanted)) needs.push(await add(dependency, itsVersion));
    return key;
  }
}

/**
 * @param {string} name
 * @param {string} resolved
 * @returns {Promise<string>}
 */
async function licenseOf(name, resolved) {
  const folder = `${name.replace('/', '+')}@${resolved.replace(/\)$/u, '').replace(/\)?\(/gu, '_').replaceAll('/', '+')}`;
  const file = join(ROOT, 'node_modules/.pnpm', folder, 'node_modules', name, 'package.json');
  const { license } = JSON.parse(await readFile(file, 'utf8'));
  if (typeof license !== 'string') throw new Error(`${name}@${resolved} does not say its licence in ${file}`);
  return license;
}
