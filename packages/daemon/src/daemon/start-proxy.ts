import type { Family } from '@nftproxier/core';
import type { Loader } from '@nftproxier/nft';
import type { Logger } from 'pino';
import type { Configuration } from '../config/index.js';
import { monitorAddresses } from '../host/index.js';
import { createFlowCleaning } from '../observe/conntrack.js';
import { createObserver } from '../observe/observer.js';
import type { Servers } from '../observe/servers.js';
import type { ChosenSource } from '../sources/create.js';
import { systemClock } from '../sync/clock.js';
import { Proxy } from '../sync/proxy.js';
import type { Takeover } from '../takeover/index.js';
import type { Endings } from './endings.js';

/** What a proxy is connected with. */
export interface StartProxyOptions extends ChosenSource {
  readonly configuration: Configuration;
  readonly nodeName: string;
  readonly families: readonly Family[];
  readonly loader: Loader;
  readonly servers: Servers;
  /** Told when our rules are live. */
  readonly takeover: Takeover;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly log: Logger;
  readonly endings: Endings;
}

/** Connects the proxy with the machine's addresses, its observers and connection tracking, and starts it. */
export async function startProxy(options: StartProxyOptions): Promise<Proxy> {
  const { configuration, nodeName, families, source, required, loader, servers, takeover, startTime, log, endings } =
    options;
  const addresses = await monitorAddresses({
    changed: () => {
      proxy.addressesChanged();
    },
    failed: (error) => {
      log.warn({ err: error }, 'changes of local addresses cannot be followed; they are read again later');
    },
  });
  endings.add(() => addresses.stop());
  const localAddresses = addresses.addresses;
  const observer = createObserver({
    ...servers,
    families,
    loader,
    cluster: () => proxy.cluster,
    served: (report) => {
      flows?.served(report);
      takeover.served();
    },
    startTime,
    now: Date.now,
  });
  const clock = systemClock;
  const made = { configuration, nodeName, families, source, required, loader, log, clock, localAddresses, observer };
  const proxy: Proxy = new Proxy(made);
  const flows = configuration.nftproxier.conntrackCleanup
    ? createFlowCleaning({ ...servers, log, localAddresses, proxy: () => proxy })
    : undefined;
  endings.add(() => flows?.stop());
  // Timers of the proxy do not keep the process alive; this does, until the end.
  const alive = setInterval(() => undefined, 2 ** 30);
  endings.add(() => {
    clearInterval(alive);
  });
  endings.add(() => proxy.stop());
  for (const family of families) servers.health.started(family);
  await proxy.start();
  return proxy;
}
