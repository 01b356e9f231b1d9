import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('main.mjs', import.meta.url));

/**
 * A contestant that waits for commands.
 *
 * @typedef {object} Contestant
 * @property {(command: object) => Promise<any>} ask one at a time
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
  const child = spawn('unshare', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(command) {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`the ${name} contestant ended at ${JSON.stringify(command)}`);
      return JSON.parse(value);
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
