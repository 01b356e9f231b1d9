// Everything that proves the repository right, on a machine that has only Node and npm. See CONTRIBUTING.md.
import process from 'node:process';
import { requireNode } from './bootstrap/node-version.mjs';

if (requireNode()) {
  const { main } = await import('./gate/main.mjs');
  process.exitCode = await main(process.argv.slice(2), process.env);
} else {
  process.stdout.write('0 passed, 1 failed\n');
  process.exitCode = 1;
}
