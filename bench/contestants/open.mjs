import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { endGroup, startGroup } from '../measure/groups.mjs';

const script = fileURLToPath(new URL('main.mjs', import.meta.url));

/**
 * A contestant that waits for commands.
 *
 * @typedef {object} Contestant
 * @property {(command: object) => Promise<any>} ask one at a time
 * @property {(command: object, limitMs: number) => Promise<any>} askWithin the same; undefined where it takes longer, which
 *   ends the contestant
 * @property {() => Promise<void>} close ends its process; the kernel then removes its namespace with its rules
 */

/**
 * Starts a contestant in a network namespace of its own.
 *
 * @param {'ours' | 'floor' | 'baseline'} name
 * @returns {Contestant}
 */
export function openContestant(name) {
  const argv = ['--net', process.execPath, '--max-old-space-size=8192', script, name];
  const child = startGroup('unshare', argv, ['pipe', 'pipe', 'inherit']);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('unshare has no pipes');
  const ended = once(child, 'close');
  // It may end while something is being written to it: whoever waits for the answer is told.
  stdin.on('error', () => undefined);
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const ask = async (/** @type {object} */ command) => {
    stdin.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`the ${name} contestant ended at ${JSON.stringify(command)}`);
    return JSON.parse(value);
  };
  return {
    ask,
    async askWithin(command, limitMs) {
      let isOver = false;
      const timer = setTimeout(() => {
        isOver = true;
        endGroup(child);
      }, limitMs);
      try {
        return await ask(command);
      } catch (error) {
        if (isOver) return undefined;
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      stdin.end();
      await ended;
    },
  };
}
