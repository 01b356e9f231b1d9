import { Loader, createLoadTarget } from '@nftproxier/nft';
import type { Logger } from 'pino';
import type { Configuration } from '../config/index.js';
import { openServers } from '../observe/servers.js';
import { createNodeTakeover } from '../observe/takeover.js';
import { createSource } from '../sources/create.js';
import { Endings } from './endings.js';
import { prepareMachine } from './machine.js';
import { startProxy } from './start-proxy.js';

/** What the daemon is started with. */
export interface ServeOptions {
  readonly configuration: Configuration;
  /** The flags that were given and count, for `/flagz`. */
  readonly given: ReadonlyMap<string, unknown>;
  /** Of nftproxier. */
  readonly version: string;
  readonly log: Logger;
  /** Resolves to the signal that ends the daemon. */
  readonly stopped: Promise<string>;
}

/**
 * The daemon: serves this node until it is stopped or something makes it give up. Whatever it began is ended when this
 * returns or throws; the rules stay in the kernel.
 */
export async function serve({ configuration, given, version, log, stopped }: ServeOptions): Promise<void> {
  const startTime = Date.now();
  const endings = new Endings();
  const { promise: givenUp, reject: giveUp } = withReject();
  try {
    const { nodeName, families, nft } = await prepareMachine(configuration, version, log);
    const { source, required } = await createSource(configuration, nodeName, log);
    const loader = new Loader(createLoadTarget(nft));
    const servers = openServers({ configuration, given, families, log, version, startTime, fatal: giveUp });
    endings.add(() => servers.close());
    const takeover = createNodeTakeover({ configuration, nft, log, metrics: servers.metrics });
    endings.add(() => takeover.stop());
    void takeover.begin();
    const node = { configuration, nodeName, families, startTime, log };
    await startProxy({ ...node, source, required, loader, servers, takeover, endings });
    log.info({ signal: await Promise.race([stopped, givenUp]) }, 'stopping; the rules stay in place');
  } finally {
    await endings.run((error) => {
      log.error({ err: error }, 'something could not be ended');
    });
  }
}

/** A promise that only ever rejects, and how to reject it. */
function withReject(): { readonly promise: Promise<never>; readonly reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_, no) => {
    reject = no;
  });
  // It may be rejected before anybody waits for it.
  promise.catch(() => undefined);
  return { promise, reject };
}
