// Does what docs/transcripts show, on what npm would publish. Needs a build, and nft for what goes into a kernel.
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pnpm } from './bootstrap/pnpm.mjs';
import { ROOT } from './bootstrap/root.mjs';
import { run } from './bootstrap/run.mjs';
import { files, textOf } from './docs/files.mjs';
import { play, sessionOf } from './docs/session.mjs';

const folder = await mkdtemp(join(tmpdir(), 'nftproxier-transcripts-'));
/** @type {string[]} */
let problems = [];
try {
  const tarballs = await pack(['core', 'nft', 'daemon']);
  const pages = (await files(/[.]md$/)).filter((page) => page.startsWith('docs/transcripts/'));
  for (const page of pages) {
    const steps = sessionOf(await textOf(page));
    if (steps.length === 0) continue;
    const cwd = await mkdtemp(join(folder, 'session-'));
    const translate = (/** @type {string} */ command) => fromTarballs(command, tarballs);
    problems = [...problems, ...(await play(page, steps, { cwd, env: { NPM_CONFIG_LOGLEVEL: 'error' }, translate }))];
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

/**
 * @param {readonly string[]} names of folders under packages/
 * @returns {Promise<ReadonlyMap<string, string>>} the tarball of each package
 */
async function pack(names) {
  /** @type {Map<string, string>} */
  const packed = new Map();
  for (const name of names) {
    const destination = join(folder, name);
    await mkdir(destination);
    const cwd = join(ROOT, 'packages', name);
    const { code, output } = await run([...(await pnpm()), 'pack', '--pack-destination', destination], { cwd });
    const [file] = await readdir(destination);
    if (code !== 0 || file === undefined) throw new Error(`pnpm pack of ${name} failed:\n${output}`);
    packed.set(`@nftproxier/${name}`, join(destination, file));
  }
  return packed;
}

/**
 * The packages are not from the registry but from here, those that the asked ones need included.
 *
 * @param {string} command
 * @param {ReadonlyMap<string, string>} tarballs
 */
function fromTarballs(command, tarballs) {
  if (!command.startsWith('npm install ')) return command;
  const words = command.split(' ').filter((word) => !tarballs.has(word));
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
  return [...words, ...quiet, ...tarballs.values()].join(' ');
}
