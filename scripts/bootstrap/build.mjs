import { access, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { BootstrapError } from './failure.mjs';
import { ROOT } from './root.mjs';
import { run } from './run.mjs';

/**
 * Compiles the packages.
 *
 * @param {(line: string) => void} say
 */
export async function build(say) {
  say('building');
  await removeStale();
  const { code, output } = await run([process.execPath, 'node_modules/typescript/bin/tsc', '-b', '--pretty', 'false']);
  if (code !== 0) throw new BootstrapError(`The build failed:\n${output}`);
}

/** The compiler leaves what it once made of a source that is gone, and the package would ship it. */
async function removeStale() {
  for (const name of await readdir(join(ROOT, 'packages'))) {
    const dist = join(ROOT, 'packages', name, 'dist');
    const made = await readdir(dist, { recursive: true }).catch(() => []);
    for (const path of made.filter((file) => /[.](js|d[.]ts)([.]map)?$/.test(file))) {
      const source = join(ROOT, 'packages', name, 'src', path.replace(/[.](js|d[.]ts)([.]map)?$/, '.ts'));
      const gone = await access(source).then(
        () => false,
        () => true,
      );
      if (gone) await rm(join(dist, path), { force: true });
    }
  }
}
