import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { build } from './build.mjs';
import { BootstrapError } from './failure.mjs';
import { installNpmPackages } from './npm-packages.mjs';
import { ROOT } from './root.mjs';
import { searchPath } from './run.mjs';
import { installSystemPackages } from './system-packages.mjs';

/**
 * Runs a script of this repository with this process's own arguments, on a machine that has only Node and npm: installs
 * what is missing and builds first.
 *
 * @param {import('./system-packages.mjs').Purpose} purpose
 * @param {string} script its path in the repository
 * @returns {Promise<number>} the exit code
 */
export async function runPrepared(purpose, script) {
  /** @param {string} line */
  const say = (line) => process.stderr.write(`${purpose}: ${line} …\n`);
  try {
    await installSystemPackages(say, [purpose]);
    await installNpmPackages(say);
    await build(say);
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  const child = spawn(process.execPath, [join(ROOT, script), ...process.argv.slice(2)], {
    cwd: ROOT,
    env: { ...process.env, PATH: searchPath() },
    stdio: 'inherit',
  });
  // It cleans up after itself: it gets the signals, and this process waits until it has.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  const [code] = await once(child, 'exit');
  return code ?? 1;
}
