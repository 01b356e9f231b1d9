// Loaded into the daemon by `node --import`: answers what only the process itself knows.
import { openSync, readSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { phasesOf } from './profile.mjs';

const resolution = 1;
// Kept open, for it is read a thousand times a second.
const schedule = openSync('/proc/thread-self/schedstat', 'r');
const text = Buffer.alloc(64);
const delay = monitorEventLoopDelay({ resolution });
delay.enable();

// On a machine that is busy with other things, most of a block is waiting for a processor. What is left without that is
// our own: what the main thread ran, and what it waited for otherwise.
let last = mainThread();
let longest = { from: 0, to: 0, ms: 0 };
setInterval(() => {
  const now = mainThread();
  const ms = now.at - last.at - (now.waited - last.waited) - resolution;
  if (ms > longest.ms) longest = { from: last.at, to: now.at, ms };
  last = now;
}, resolution).unref();

const session = process.env.NFTPROXIER_BENCH_PROFILE === '1' ? new Session() : undefined;
session?.connect();
await session?.post('Profiler.enable');
await session?.post('Profiler.setSamplingInterval', { interval: 500 });
await session?.post('Profiler.start');

process.on('message', (question) => {
  if (question === 'delay') {
    // The lag is what comes on top of the time between two looks.
    process.send?.({ longestBlockMs: Math.max(0, delay.max / 1e6 - resolution), longestOwnMs: longest.ms });
    delay.reset();
    longest = { from: 0, to: 0, ms: 0 };
  }
  if (question === 'phases')
    void session?.post('Profiler.stop').then(({ profile }) => {
      process.send?.({ all: phasesOf(profile), longestBlock: phasesOf(profile, longest) });
    });
  if (question === 'memory') process.send?.(process.memoryUsage());
});
process.channel?.unref();

/** How long the main thread has waited for a processor so far, in milliseconds. */
function mainThread() {
  const [, waited = 0] = text
    .toString('latin1', 0, readSync(schedule, text, 0, text.length, 0))
    .split(' ')
    .map(Number);
  return { at: Number(process.hrtime.bigint()) / 1e6, waited: waited / 1e6 };
}
