import { spawn } from 'node:child_process';
import process from 'node:process';
import { ROOT } from './root.mjs';

/**
 * @typedef {object} Outcome
 * @property {number} code the exit code; 127 where the program does not exist, 124 where the time ran out, 130 where
 *   this process was asked to stop before the program was started
 * @property {string} output what it wrote to both streams, in order; empty where `stream` is set
 * @property {number} seconds
 */

/** @type {Set<number>} Process groups that run now. */
const groups = new Set();

/** Output that is kept is read in a log, not on a terminal. */
const PLAIN = { NO_COLOR: '1', FORCE_COLOR: undefined };

const HANG_MS = 25 * 60_000;

/** How long a program may take to stop when asked, before it is killed. */
const STOP_MS = 15_000;

/** @type {NodeJS.Signals[]} */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
let interrupted = false;
for (const signal of STOP_SIGNALS) {
  // Once: a second signal ends this process at once.
  process.once(signal, () => {
    interrupted = true;
    for (const group of groups) stop(group, signal);
  });
}

/**
 * @param {number} group
 * @param {NodeJS.Signals} signal
 */
function stop(group, signal) {
  try {
    process.kill(-group, signal);
  } catch {
    // Already gone.
  }
}

/** The system's tools are not on an ordinary user's PATH everywhere. */
export function searchPath() {
  const path = process.env.PATH ?? '';
  const missing = ['/usr/sbin', '/sbin'].filter((folder) => !path.split(':').includes(folder));
  return [path, ...missing].filter(Boolean).join(':');
}

/**
 * Runs a program without a shell, without standard input, in a process group of its own, so that all of it can be
 * stopped. Never rejects.
 *
 * @param {readonly string[]} command the program and its arguments
 * @param {object} [options]
 * @param {Record<string, string | undefined>} [options.env] added to this process's environment
 * @param {string} [options.cwd] the top of the repository by default
 * @param {number} [options.timeoutMs] against a hang: far above the longest run seen, on a busy machine too
 * @param {number} [options.silenceMs] against a hang of what prints as it goes: it is stopped when it prints nothing for
 *   so long
 * @param {boolean} [options.stream] let it write to this process's streams, instead of keeping its output
 * @returns {Promise<Outcome>}
 */
export function run(command, { env, cwd = ROOT, timeoutMs = HANG_MS, silenceMs = timeoutMs, stream = false } = {}) {
  const started = process.hrtime.bigint();
  const [program = '', ...args] = command;
  if (interrupted) return Promise.resolve({ code: 130, output: 'not started: interrupted\n', seconds: 0 });
  return new Promise((resolve) => {
    let output = '';
    let stopped = '';
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, PATH: searchPath(), ...(stream ? {} : PLAIN), ...env },
      detached: true,
      stdio: stream ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    });
    const group = child.pid;
    if (group !== undefined) groups.add(group);
    /** @type {NodeJS.Timeout | undefined} */
    let killer;
    /** @param {string} why */
    const giveUp = (why) => {
      stopped ||= why;
      if (group === undefined || killer !== undefined) return;
      stop(group, 'SIGTERM');
      killer = setTimeout(() => stop(group, 'SIGKILL'), STOP_MS);
    };
    const timer = setTimeout(() => giveUp(`not done after ${timeoutMs / 1000} s`), timeoutMs);
    const silence = setTimeout(() => giveUp(`nothing printed for ${silenceMs / 1000} s`), silenceMs);
    /** @param {Buffer} chunk */
    const keep = (chunk) => {
      silence.refresh();
      output += chunk.toString('utf8');
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    let settled = false;
    /** @param {number} code */
    const settle = (code) => {
      if (settled) return;
      settled = true;
      for (const one of [timer, silence, killer]) clearTimeout(one);
      if (group !== undefined) groups.delete(group);
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      if (stopped !== '') output += `\nstopped: ${stopped}\n`;
      resolve({ code: stopped === '' ? code : 124, output, seconds });
    };
    child.once('error', (error) => {
      output += `${program}: ${error.message}\n`;
      settle(127);
    });
    child.once('close', (code) => settle(code ?? 1));
  });
}
