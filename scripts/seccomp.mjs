// Writes deploy/seccomp/nftproxier.json anew: the daemon and its programs live through what a test does while every
// system call is written down. Needs a build, and root.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { format } from 'prettier';
import { ROOT } from './bootstrap/root.mjs';
import { run } from './bootstrap/run.mjs';

const profile = join(ROOT, 'deploy/seccomp/nftproxier.json');
const folder = await mkdtemp(join(tmpdir(), 'nftproxier-seccomp-'));
try {
  const file = join(folder, 'profile.json');
  const vitest = [process.execPath, join(ROOT, 'node_modules/vitest/vitest.mjs')];
  const tests = [
    'run',
    '--project',
    'kernel',
    'test/image/seccomp.kernel.test.ts',
    '-t',
    'lives|API server|written down',
  ];
  const { code, output } = await run([...vitest, ...tests], { cwd: ROOT, env: { NFTPROXIER_SECCOMP_FILE: file } });
  if (code !== 0) {
    process.stderr.write(output);
    process.exitCode = 1;
  } else {
    await writeFile(profile, await format(await readFile(file, 'utf8'), { parser: 'json', printWidth: 120 }));
    process.stdout.write(`written: ${profile}\n`);
  }
} finally {
  await rm(folder, { recursive: true });
}
