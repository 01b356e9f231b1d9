import { readJson } from './root.mjs';
import { run } from './run.mjs';

/** @type {Promise<readonly string[]> | undefined} */
let found;

/**
 * How to call the pnpm that `packageManager` names: the one on the PATH where it is of that version, else through npx,
 * which fetches it.
 *
 * @returns {Promise<readonly string[]>} the beginning of a command line
 */
export function pnpm() {
  found ??= find();
  return found;
}

async function find() {
  const { packageManager } = await readJson('package.json');
  const [, version] = /^pnpm@(\d+\.\d+\.\d+)/.exec(packageManager) ?? [];
  if (version === undefined) throw new Error(`package.json: packageManager is ${packageManager}, not pnpm@VERSION`);
  const onPath = await run(['pnpm', '--version'], {
    timeoutMs: 60_000,
    // A pnpm that is really corepack would ask before it downloads.
    env: { COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' },
  });
  if (onPath.code === 0 && onPath.output.trim().split('\n').at(-1) === version) return ['pnpm'];
  return ['npx', '--yes', `pnpm@${version}`];
}
