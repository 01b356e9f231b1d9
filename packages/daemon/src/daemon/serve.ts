import { Loader, OwnProcesses, createAuditKernel, createLoadTarget } from '@nftproxier/nft';
import type { Logger } from 'pino';
import { LiveConfiguration } from '../config/index.js';
import type { Actions, Configuration, Warning } from '../config/index.js';
import { kubeProxyRunning, starting } from '../events/index.js';
import { takeLock } from '../guard/lock.js';
import { allProtections } from '../guard/protections.js';
import type { Protections } from '../guard/protections.js';
import { measuredClient } from '../observe/api-client.js';
import { timedNft } from '../observe/nft.js';
import { openServers } from '../observe/servers.js';
import { measureSource } from '../observe/sources.js';
import { createNodeTakeover } from '../observe/takeover.js';
import { connect, createSource } from '../sources/create.js';
import { pauseForOthers } from '../sync/clock.js';
import { startCounters } from './counters.js';
import { Endings } from './endings.js';
import { startEvents } from './events.js';
import { startHealth } from './health.js';
import { prepareMachine } from './machine.js';
import { startMetrics } from './metrics.js';
import { startProxy } from './proxy.js';
import { followSettings } from './settings.js';

/** What the daemon is started with. */
export interface ServeOptions {
  readonly argv: readonly string[];
  readonly configuration: Configuration;
  readonly actions: Pick<Actions, 'configFile'>;
  readonly warnings: readonly Warning[];
  /** The flags that were given and count, for `/flagz`. */
  readonly given: ReadonlyMap<string, unknown>;
  /** Of nftproxier. */
  readonly version: string;
  readonly log: Logger;
  /** Resolves to the signal that ends the daemon. */
  readonly stopped: Promise<string>;
  /** Protections that are not wanted; only tests leave any out. */
  readonly protections?: Partial<Protections>;
}

/**
 * The daemon: serves this node until it is stopped or something makes it give up. Whatever it began is ended when this
 * returns or throws; the rules stay in the kernel.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { log, stopped } = options;
  const endings = new Endings();
  const { promise: givenUp, reject: giveUp } = withReject();
  try {
    await start(options, endings, giveUp);
    log.info({ signal: await Promise.race([stopped, givenUp]) }, 'stopping; the rules stay in place');
  } finally {
    await endings.run((error) => {
      log.error({ err: error }, 'something could not be ended');
    });
  }
}

/** Begins everything, in the order in which one thing needs another. */
async function start(options: ServeOptions, endings: Endings, giveUp: (error: Error) => void): Promise<void> {
  const { configuration, actions, argv, warnings, given, version, log } = options;
  const startTime = Date.now();
  const protections = { ...allProtections, ...options.protections };
  if (protections.lock) {
    const lock = await takeLock();
    endings.add(() => lock.release());
  }
  const own = new OwnProcesses();
  const settings = new LiveConfiguration(configuration);
  const { nodeName, families, nft, ...machine } = await prepareMachine(configuration, log, own);
  log.info({ version, node: nodeName, families, nft: machine.nftVersion, kernel: machine.kernel }, 'starting');
  const metrics = startMetrics(configuration, { version, startTime }, endings);

  const connected = await connect(configuration, log);
  const client = connected && measuredClient(connected, metrics);
  endings.add(() => client?.close());
  const events = startEvents({ client, nodeName, metrics, log, endings });

  const file = actions.configFile;
  const follow = { settings, file, argv, warnings: warnings.length, nodeName, metrics, events, log, restart: giveUp };
  endings.add(followSettings(follow));
  const { health, serviceHealth } = startHealth({ settings, families, metrics, events, log, endings });
  const shown = { settings, given, nodeName, health, metrics, events, log, version, startTime };
  const servers = openServers({ ...shown, fatal: giveUp });
  endings.add(() => servers.close());

  const pause = pauseForOthers();
  const source = await createSource(configuration, client, nodeName, log, pause);
  measureSource(source.source, metrics, Date.now);
  const timed = timedNft(nft, (seconds) => {
    metrics.add('nftproxier_nft_process_seconds_total', seconds);
  });
  const target = createLoadTarget(timed);
  const loader = new Loader(target, { pause });
  const counters = startCounters({ configuration, target, loader, metrics, log, endings });
  const takeover = createNodeTakeover({
    configuration,
    nft: timed,
    log,
    metrics,
    kubeProxyRuns: (note) => {
      events.emit(kubeProxyRunning(nodeName, note));
    },
  });
  endings.add(() => takeover.stop());
  void takeover.begin();
  const software = { node: process.version, nft: machine.nftVersion, kernel: machine.kernel };
  const { probe } = machine;
  const around = {
    probe,
    settings,
    nodeName,
    families,
    startTime,
    log,
    endings,
    version,
    software,
    protections,
    own,
    pause,
  };
  const written = { loader, auditKernel: createAuditKernel(timed), counters };
  await startProxy({ ...around, ...source, ...written, takeover, health, serviceHealth, metrics, events });
  events.emit(starting(nodeName));
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
