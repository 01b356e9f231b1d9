// Measures nftproxier on a machine that has only Node and npm: installs what is missing, builds, runs the benchmark.
import process from 'node:process';
import { requireNode } from './bootstrap/node-version.mjs';

if (requireNode()) {
  const { runPrepared } = await import('./bootstrap/prepared.mjs');
  process.exitCode = await runPrepared('npm run bench', 'bench/main.mjs');
} else {
  process.exitCode = 1;
}
