import { spawn } from 'node:child_process';
import process from 'node:process';

/** What the benchmark has started and has not ended yet, each the leader of a process group. */
const running = new Set();

/**
 * Starts a program as the leader of a process group, so that it can be ended with all that it starts.
 *
 * @param {string} command
 * @param {readonly string[]} argv
 * @param {import('node:child_process').StdioOptions} stdio
 */
export function startGroup(command, argv, stdio) {
  const child = spawn(command, argv, { stdio, detached: true });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** Ends a group at once. @param {import('node:child_process').ChildProcess} leader */
export function endGroup({ pid }) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Ends everything that was started. */
export function endGroups() {
  for (const leader of running) endGroup(leader);
}
