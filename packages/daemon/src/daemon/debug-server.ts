import type { Logger } from 'pino';
import { parseHostPort } from '../config/index.js';
import { listen } from '../http/index.js';
import type { ListeningServer } from '../http/index.js';
import { pageRoutes } from '../page/routes.js';
import { apiRoutes } from '../status/api.js';
import { guarded } from '../status/guard.js';
import type { RunningProxy } from '../status/running.js';

/**
 * Serves the status page and its API. The daemon does its work without them: an address that cannot be had is reported
 * and tried again, whatever `bindAddressHardFail` says.
 *
 * @param bindAddress `nftproxier.debugBindAddress`; empty: nothing is served.
 */
export function openDebugServer(bindAddress: string, proxy: RunningProxy, log: Logger): ListeningServer | undefined {
  const address = parseHostPort(bindAddress);
  if (address === undefined) return undefined;
  let isReported = false;
  return listen({
    address,
    what: 'the status page',
    listener: guarded(new Map([...apiRoutes(proxy), ...pageRoutes(proxy)]), (error, path) => {
      log.error({ err: error, path }, 'the status cannot be shown');
    }),
    failed: (error) => {
      if (!isReported) log.warn({ code: error.code }, `${error.message} It is tried again every 5 seconds.`);
      isReported = true;
    },
    listening: ({ host, port }) => {
      log.info({ host, port }, 'the status page listens');
      isReported = false;
    },
  });
}
