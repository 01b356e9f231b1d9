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

// On a machine that is busy with other things, most of a block is waiting for a CPU. What the main thread ran meanwhile is
// the part that is its own.
let ran = mainThreadMs();
let longestRunMs = 0;
setInterval(() => {
  const now = mainThreadMs();
  longestRunMs = Math.max(longestRunMs, now - ran);
  ran = now;
}, resolution).unref();

const session = process.env.NFTPROXIER_BENCH_PROFILE === '1' ? new Session() : undefined;
session?.connect();
await session?.post('Profiler.enable');
await session?.post('Profiler.setSamplingInterval', { interval: 500 });
await session?.post('Profiler.start');

process.on('message', (question) => {
  if (question === 'delay') {
    // The lag is what comes on top of the time between two looks.
    process.send?.({ longestBlockMs: Math.max(0, delay.max / 1e6 - resolution), longestRunMs });
    delay.reset();
    longestRunMs = 0;
  }
  if (question === 'phases')
    void session?.post('Profiler.stop').then(({ profile }) => process.send?.(phasesOf(profile)));
  if (question === 'memory') process.send?.(process.memoryUsage());
});
process.channel?.unref();

/** CPU time of the main thread so far. */
function mainThreadMs() {
  return Number.parseInt(text.toString('latin1', 0, readSync(schedule, text, 0, text.length, 0)), 10) / 1e6;
}
