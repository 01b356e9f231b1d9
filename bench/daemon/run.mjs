import { once } from 'node:events';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { startGroup } from '../measure/groups.mjs';

const script = fileURLToPath(new URL('main.mjs', import.meta.url));

/**
 * Runs the real daemon in a network namespace of its own, and resolves to what the run measured.
 *
 * @param {string} run
 * @param {object} parameters
 * @returns {Promise<any>}
 */
export async function runDaemon(run, parameters) {
  const argv = ['--net', process.execPath, script, run, JSON.stringify(parameters)];
  const child = startGroup('unshare', argv, ['ignore', 'pipe', 'inherit']);
  if (child.stdout === null) throw new Error('unshare has no pipe');
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`the run ${run} of the daemon ended with code ${code}`);
  return JSON.parse(output);
}
