import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PeakWatch } from '../measure/peaks.mjs';
import { cpuOf, memoryOf } from '../measure/processes.mjs';

const program = fileURLToPath(new URL('../../packages/daemon/dist/main.js', import.meta.url));
const probe = new URL('probe.mjs', import.meta.url).href;

/** Longest time in milliseconds that a daemon may take for anything. */
const patience = 600_000;

/** What the daemon says when the table is in service. */
export const serving = 'table loaded, serving';

/** @typedef {ReturnType<typeof startDaemon>} Daemon */

/**
 * Starts the built daemon in the namespace of this process.
 *
 * @param {readonly string[]} source flags that say where objects come from
 * @param {{ profile?: boolean, nodeOptions?: readonly string[] }} [options]
 */
export function startDaemon(source, { profile = false, nodeOptions = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'nftproxier-bench-'));
  const pids = join(folder, 'pids');
  writeFileSync(pids, '');
  // In front of the real one on the PATH, which then has its process id: tells of each run.
  const wrapper = join(folder, 'nft');
  writeFileSync(wrapper, `#!/bin/sh\necho $$ >>${pids}\nexec "${realNft()}" "$@"\n`);
  chmodSync(wrapper, 0o755);
  const peaks = new PeakWatch(pids);
  const began = performance.now();
  const flags = ['run', ...source, '--hostname-override=node-0', '--cluster-cidr=10.128.0.0/9', '--v=4'];
  const host = ['--conntrack-max-per-core=0', '--oom-score-adj=0'];
  const child = spawn(process.execPath, [...nodeOptions, `--import=${probe}`, program, ...flags, ...host], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      PATH: `${folder}:${process.env.PATH ?? ''}`,
      ...(profile ? { NFTPROXIER_BENCH_PROFILE: '1' } : {}),
    },
  });
  const ended = once(child, 'exit');
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (log += text));
  const pid = child.pid ?? 0;

  /** @param {'delay' | 'phases' | 'memory'} question */
  const ask = async (question) => {
    const answer = once(child, 'message');
    child.send(question);
    return (await answer)[0];
  };
  return {
    pid,
    ask,
    log: () => log,
    cpu: () => cpuOf(pid),
    memory: () => memoryOf(pid),
    nftPeakMB: () => peaks.peakMB,
    nftRuns: () => peaks.runs,

    /** Milliseconds from the start of the process until it has written a line with this text. @param {string} text */
    async says(text) {
      while (!log.includes(text)) {
        if (performance.now() - began > patience || child.exitCode !== null) {
          throw new Error(`the daemon did not say "${text}":\n${log.slice(-3_000)}`);
        }
        await sleep(2);
      }
      return performance.now() - began;
    },

    /** Waits until its memory has not changed by more than a hundredth for two seconds; at most half a minute. */
    async settled() {
      let last = memoryOf(pid).residentMB;
      let quiet = 0;
      for (let tries = 0; tries < 60 && quiet < 4; tries++) {
        await sleep(500);
        const now = memoryOf(pid).residentMB;
        quiet = Math.abs(now - last) <= last / 100 ? quiet + 1 : 0;
        last = now;
      }
      return memoryOf(pid);
    },

    async stop() {
      if (child.exitCode === null) child.kill('SIGTERM');
      await ended;
      peaks.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function realNft() {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  const found = folders.map((folder) => join(folder, 'nft')).find((path) => exists(path));
  if (found === undefined) throw new Error('nft is not on the PATH');
  return found;
}

/** @param {string} path */
function exists(path) {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}
