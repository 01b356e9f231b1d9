import { startApiServer } from './api-server.mjs';
import { serving, startDaemon } from './start.mjs';

/**
 * @typedef {object} ColdStart
 * @property {number} wallMs from the start of the process to the last Service in the kernel
 * @property {number} cpuMs of the daemon, without nft
 * @property {number} nftUserMs
 * @property {number} nftKernelMs
 * @property {number} nftPeakMB
 * @property {number} nftRuns
 * @property {number} longestBlockMs of the event loop, once the program was loaded
 * @property {number} longestRunMs CPU time in the longest block
 * @property {number} residentMB after it has settled
 * @property {number} peakMB
 * @property {Record<string, number>} [phases] CPU time by phase, from another run with a profiler
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
    const { longestBlockMs, longestRunMs } = await daemon.ask('delay');
    const { residentMB, peakMB } = await daemon.settled();
    return {
      ...{ wallMs, cpuMs: user + system, nftUserMs: childrenUser, nftKernelMs: childrenSystem },
      ...{ nftPeakMB: daemon.nftPeakMB(), nftRuns: daemon.nftRuns(), longestBlockMs, longestRunMs },
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
    await daemon.says(serving);
    return await daemon.ask('phases');
  } finally {
    await daemon.stop();
  }
}
