// Shows nftproxier working on a machine that has only Node and npm: installs what is missing, builds, runs the demo.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { requireNode } from './bootstrap/node-version.mjs';

process.exitCode = requireNode() ? await start() : 1;

async function start() {
  const { ROOT } = await import('./bootstrap/root.mjs');
  const { BootstrapError } = await import('./bootstrap/failure.mjs');
  const { installNpmPackages } = await import('./bootstrap/npm-packages.mjs');
  const { installSystemPackages } = await import('./bootstrap/system-packages.mjs');
  const { build } = await import('./bootstrap/build.mjs');
  /** @param {string} line */
  const say = (line) => process.stderr.write(`npm start: ${line} …\n`);
  try {
    await installSystemPackages(say, ['npm start']);
    await installNpmPackages(say);
    await build(say);
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  const demo = spawn(process.execPath, [join(ROOT, 'scripts/demo/main.mjs'), ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  // The demo cleans up after itself: it gets the signals, and this process waits until it has.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => demo.kill(signal));
  }
  const [code] = await once(demo, 'exit');
  return code ?? 1;
}
