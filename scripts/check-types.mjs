// Type-checks what `tsc -b` does not build: tests, benchmarks, examples, configuration and these scripts.
import process from 'node:process';
import { run } from './bootstrap/run.mjs';

for (const project of ['tsconfig.check.json', 'bench', 'scripts']) {
  const { code, output } = await run([
    process.execPath,
    'node_modules/typescript/bin/tsc',
    '-p',
    project,
    '--pretty',
    'false',
  ]);
  process.stdout.write(output);
  if (code !== 0) process.exitCode = 1;
}
