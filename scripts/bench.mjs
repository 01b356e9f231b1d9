// Measures nftproxier on a machine that has only Node and npm: installs what is missing, builds, runs the benchmark.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { requireNode } from './bootstrap/node-version.mjs';

process.exitCode = requireNode() ? await bench() : 1;

async function bench() {
  const { ROOT } = await import('./bootstrap/root.mjs');
  const { BootstrapError } = await import('./bootstrap/failure.mjs');
  const { installNpmPackages } = await import('./bootstrap/npm-packages.mjs');
  const { installSystemPackages } = await import('./bootstrap/system-packages.mjs');
  const { build } = await import('./bootstrap/build.mjs');
  /** @param {string} line */
  const say = (line) => process.stderr.write(`npm run bench: ${line} …\n`);
  try {
    await installSystemPackages(say, ['npm run bench']);
    await installNpmPackages(say);
    await build(say);
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  const child = spawn(process.execPath, [join(ROOT, 'bench/main.mjs'), ...process.argv.slice(2)], {
    env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
    stdio: 'inherit',
  });
  // It ends what it started before it ends: signals go to it.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  const [code] = await once(child, 'exit');
  return code ?? 1;
}
