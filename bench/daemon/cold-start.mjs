import { setTimeout as sleep } from 'node:timers/promises';
import { startApiServer } from './api-server.mjs';
import { serving, startDaemon } from './start.mjs';

/** CPU time by phase. @typedef {{ all: Record<string, number>, longestBlock: Record<string, number> }} Phases */

/**
 * @typedef {object} ColdStart
 * @property {number} wallMs from the start of the process to the last Service in the kernel
 * @property {number} cpuMs of the daemon, without nft
 * @property {number} nftUserMs
 * @property {number} nftKernelMs
 * @property {number} nftPeakMB
 * @property {number} nftRuns
 * @property {number} longestBlockMs of the event loop, once the program was loaded
 * @property {number} longestOwnMs of a block, without waiting for a processor
 * @property {number} residentMB after it has settled
 * @property {number} peakMB
 * @property {Phases} [phases] from another run with a profiler
 */

/**
 * @param {{ size: import('../cluster/services.mjs').Size, phases: boolean }} options
 * @returns {Promise<ColdStart>}
 */
export async function coldStart({ size, phases }) {
  const server = await startApiServer(size);
  try {
    const figures = await once(server.flags);
    return phases ? { ...figures, phases: await profiled(server.flags) } : figures;
  } finally {
    await server.close();
  }
}

/** @param {readonly string[]} flags */
async function once(flags) {
  const daemon = startDaemon(flags);
  try {
    await daemon.says('starting');
    // What loading the program took: nobody waits for it yet.
    await daemon.ask('delay');
    const wallMs = await daemon.says(serving);
    const { user, system, childrenUser, childrenSystem } = daemon.cpu();
    const { residentMB, peakMB } = await daemon.settled();
    // What observers do with so many Services comes after the line that was waited for.
    const { longestBlockMs, longestOwnMs } = await daemon.ask('delay');
    return {
      ...{ wallMs, cpuMs: user + system, nftUserMs: childrenUser, nftKernelMs: childrenSystem },
      ...{ nftPeakMB: daemon.nftPeakMB(), nftRuns: daemon.nftRuns(), longestBlockMs, longestOwnMs },
      ...{ residentMB, peakMB },
    };
  } finally {
    await daemon.stop();
  }
}

/** @param {readonly string[]} flags */
async function profiled(flags) {
  const daemon = startDaemon(flags, { profile: true });
  try {
    await daemon.says('starting');
    await daemon.ask('delay');
    await daemon.says(serving);
    await sleep(2_000);
    return await daemon.ask('phases');
  } finally {
    await daemon.stop();
  }
}
