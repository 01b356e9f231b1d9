import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { ROOT } from '../bootstrap/root.mjs';
import { files, textOf } from './files.mjs';
import { play, sessionOf } from './session.mjs';

/** Played on what npm would publish, by check-transcripts.mjs. */
const TRANSCRIPTS = 'docs/transcripts/';

/**
 * Every command of a `sh check` block does what the page shows: in a folder of its own, with the examples and the command
 * `nftproxier`. The commands of one page see the files that those before them left.
 *
 * @returns {Promise<string[]>} what is wrong
 */
export async function brokenCommands() {
  const problems = [];
  for (const page of await files(/[.]md$/)) {
    const steps = page.startsWith(TRANSCRIPTS) ? [] : sessionOf(await textOf(page));
    if (!steps.some(({ kind }) => kind === 'command')) continue;
    const cwd = await mkdtemp(join(tmpdir(), 'nftproxier-docs-'));
    try {
      const env = { PATH: `${await furnish(cwd)}:${process.env.PATH ?? ''}` };
      problems.push(...(await play(page, steps, { cwd, env })));
    } finally {
      await rm(cwd, { recursive: true, force: true });
    }
  }
  return problems;
}

/**
 * @param {string} folder
 * @returns {Promise<string>} the folder of the command `nftproxier`
 */
async function furnish(folder) {
  await cp(join(ROOT, 'examples/shop'), join(folder, 'examples/shop'), { recursive: true });
  const scope = join(folder, 'node_modules/@nftproxier');
  await mkdir(scope, { recursive: true });
  for (const name of ['core', 'nft', 'daemon']) await symlink(join(ROOT, 'packages', name), join(scope, name));
  const bin = join(folder, 'node_modules/.bin');
  await mkdir(bin);
  const main = join(ROOT, 'packages/daemon/dist/main.js');
  await writeFile(join(bin, 'nftproxier'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  await chmod(join(bin, 'nftproxier'), 0o755);
  return bin;
}
