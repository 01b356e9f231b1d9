import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { CACHE } from '../bootstrap/root.mjs';
import { run } from '../bootstrap/run.mjs';

/** The ends of the supported range: the floor of `engines`, and the newest line that is tested. */
const OLDEST = '20.19.0';
const NEWEST = '24.21.0';

/**
 * The Node at the other end of the supported range than the one that runs the gate: its program comes as an npm
 * package, and is kept between runs.
 *
 * @returns {Promise<string>} the path of the program
 */
export async function otherNode() {
  const major = Number(process.versions.node.split('.')[0]);
  const version = major < Number(NEWEST.split('.')[0]) ? NEWEST : OLDEST;
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(CACHE, `node-${version}`);
  const program = join(folder, 'node_modules', name, 'bin/node');
  if (!(await works(program, version))) {
    await mkdir(folder, { recursive: true });
    const install = ['npm', 'install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
    const { code, output } = await run([...install, `${name}@${version}`], { cwd: folder });
    if (code !== 0) throw new Error(`Could not fetch Node ${version} (npm package ${name}):\n${output}`);
    if (!(await works(program, version))) throw new Error(`${program} is not a working Node ${version}`);
  }
  return program;
}

/**
 * @param {string} program
 * @param {string} version
 */
async function works(program, version) {
  const there = await access(program).then(
    () => true,
    () => false,
  );
  return there && (await run([program, '--version'])).output.trim() === `v${version}`;
}
