import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { BootstrapError } from './failure.mjs';
import { pnpm } from './pnpm.mjs';
import { CACHE, ROOT } from './root.mjs';
import { run } from './run.mjs';

const STAMP = join(CACHE, 'installed');

/**
 * Installs the npm packages that the lockfile names, where that has not been done since it changed.
 *
 * @param {(line: string) => void} say
 */
export async function installNpmPackages(say) {
  const wanted = await fingerprint();
  if ((await readOr(STAMP, '')) === wanted) return;
  say('installing npm packages');
  const install = ['install', '--frozen-lockfile', '--config.confirm-modules-purge=false', '--reporter=append-only'];
  const { code, output } = await run([...(await pnpm()), ...install]);
  if (code !== 0) {
    throw new BootstrapError(`Could not install the npm packages (pnpm ended with code ${code}):\n${output}`);
  }
  await mkdir(dirname(STAMP), { recursive: true });
  await writeFile(STAMP, wanted);
}

/** What decides whether the installed packages are the right ones. */
async function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${ROOT}`);
  const packages = (await readdir(join(ROOT, 'packages'))).sort().map((name) => `packages/${name}/package.json`);
  for (const path of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...packages]) {
    hash.update(`\n${path}\n`).update(await readOr(join(ROOT, path), ''));
  }
  return hash.digest('hex');
}

/**
 * @param {string} path
 * @param {string} otherwise what to answer where there is no such file
 */
async function readOr(path, otherwise) {
  return readFile(path, 'utf8').catch(() => otherwise);
}
