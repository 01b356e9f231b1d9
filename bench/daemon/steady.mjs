import { setTimeout as sleep } from 'node:timers/promises';
import { startApiServer } from './api-server.mjs';
import { serving, startDaemon } from './start.mjs';

/**
 * Changes of endpoints at an even rate.
 *
 * @param {{ size: import('../cluster/services.mjs').Size, perSecond: number, seconds: number }} options
 */
export async function changes({ size, perSecond, seconds }) {
  const server = await startApiServer(size);
  try {
    const daemon = startDaemon(server.flags);
    try {
      await daemon.says(serving);
      await sleep(2_000);
      await daemon.ask('delay');
      const before = daemon.cpu();
      const runs = daemon.nftRuns();
      await server.ask({ burst: { events: perSecond * seconds, perSecond } });
      await sleep(2_000);
      const after = daemon.cpu();
      const { longestBlockMs, longestOwnMs } = await daemon.ask('delay');
      return {
        changes: perSecond * seconds,
        daemonMs: after.user + after.system - before.user - before.system,
        nftMs: after.childrenUser + after.childrenSystem - before.childrenUser - before.childrenSystem,
        transactions: daemon.nftRuns() - runs,
        ...{ longestBlockMs, longestOwnMs, residentMB: daemon.memory().residentMB, nftPeakMB: daemon.nftPeakMB() },
      };
    } finally {
      await daemon.stop();
    }
  } finally {
    await server.close();
  }
}

/**
 * A start over the table that the daemon before it left.
 *
 * @param {{ size: import('../cluster/services.mjs').Size }} options
 */
export async function restart({ size }) {
  const server = await startApiServer(size);
  try {
    const first = startDaemon(server.flags);
    const coldMs = await first.says(serving);
    await first.stop();
    const second = startDaemon(server.flags);
    try {
      await second.says('starting');
      await second.ask('delay');
      const wallMs = await second.says(serving);
      const { childrenUser, childrenSystem } = second.cpu();
      const nft = { nftMs: childrenUser + childrenSystem, nftPeakMB: second.nftPeakMB() };
      await second.settled();
      return { coldMs, wallMs, ...nft, ...(await second.ask('delay')) };
    } finally {
      await second.stop();
    }
  } finally {
    await server.close();
  }
}
