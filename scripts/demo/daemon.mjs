import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../packages/daemon/dist/main.js', import.meta.url));

/**
 * Starts the daemon on node-a.
 *
 * @param {readonly string[]} prefix the command that enters the node
 * @param {string} manifests
 * @param {string} logFile
 */
export async function startDaemon(prefix, manifests, logFile) {
  const [enter = '', ...rest] = [
    ...prefix,
    // It ends with the demo, also where the demo is killed.
    ...['setpriv', '--pdeathsig', 'TERM'],
    process.execPath,
    program,
    ...['run', '--manifests', manifests, '--hostname-override', 'node-a'],
    ...['--cluster-cidr', '10.244.0.0/16,fd00:10:244::/56'],
    // The limits of connection tracking are the machine's, not the node's: they stay as they are.
    ...['--conntrack-max-per-core', '0', '--conntrack-min', '0'],
    ...['--conntrack-tcp-timeout-established', '0', '--conntrack-tcp-timeout-close-wait', '0'],
  ];
  const log = await open(logFile, 'a');
  const child = spawn(enter, rest, { stdio: ['ignore', log.fd, log.fd] });
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  await log.close();
  return {
    ended,

    /** Asks it to stop; it leaves its rules in place. */
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      return ended;
    },

    /** The end of what it logged. */
    async lastWords() {
      return (await readFile(logFile, 'utf8')).split('\n').slice(-20).join('\n');
    },
  };
}
