import type { Logger } from 'pino';
import { featureEnabled, logLevel, parseHostPort } from '../config/index.js';
import type { LiveConfiguration } from '../config/index.js';
import { failedToStartMetricServer, failedToStartProxierHealthcheck } from '../events/index.js';
import type { EventFacts, EventRecorder } from '../events/index.js';
import { healthRoutes } from '../health/index.js';
import type { ProxyHealth } from '../health/index.js';
import { listen, metricsRoutes, requestListener } from '../http/index.js';
import type { ListenError, ListeningServer, Routes, Verbosity } from '../http/index.js';
import { recordProbe } from '../metrics/index.js';
import type { Metrics } from '../metrics/index.js';

/** What the servers show. */
export interface ServersOptions {
  readonly settings: LiveConfiguration;
  /** Flags given on the command line, for `/flagz`. */
  readonly given: ReadonlyMap<string, unknown>;
  readonly nodeName: string;
  readonly health: ProxyHealth;
  readonly metrics: Metrics;
  readonly events: Pick<EventRecorder, 'emit'>;
  readonly log: Logger;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  /** `bindAddressHardFail`: told of an address that cannot be had, when the daemon must end for it. */
  readonly fatal: (error: Error) => void;
}

/** The servers, until they are closed. */
export interface Servers {
  close(): Promise<void>;
}

interface Server {
  readonly what: string;
  readonly at: string;
  readonly routes: Routes;
  /** What is written at the Node where its failure is the end. */
  readonly failure: (nodeName: string, note: string) => EventFacts;
}

/** Opens the health server (10256) and the metrics server (10249). */
export function openServers(options: ServersOptions): Servers {
  const { healthzBindAddress, metricsBindAddress } = options.settings.current;
  const probes = healthRoutes(options.health, (probe, ok) => {
    recordProbe(options.metrics, probe, ok);
  });
  const servers: readonly Server[] = [
    { what: 'the health server', at: healthzBindAddress, routes: probes, failure: failedToStartProxierHealthcheck },
    {
      what: 'the metrics server',
      at: metricsBindAddress,
      routes: debugRoutes(options),
      failure: failedToStartMetricServer,
    },
  ];
  const open = servers.flatMap((server) => serve(server, options) ?? []);
  return {
    async close() {
      await Promise.all(open.map((server) => server.close()));
    },
  };
}

function serve({ what, at, routes, failure }: Server, options: ServersOptions): ListeningServer | undefined {
  const { settings, nodeName, events, log, fatal } = options;
  const address = parseHostPort(at);
  if (address === undefined) return undefined;
  let isReported = false;
  return listen({
    address,
    what,
    listener: requestListener(routes, (error, path) => {
      log.error({ err: error, path }, `${what} failed to answer`);
    }),
    failed: (error: ListenError) => {
      if (settings.current.bindAddressHardFail) {
        events.emit(failure(nodeName, error.message));
        fatal(error);
      } else if (!isReported) log.error({ code: error.code }, `${error.message} It is tried again every 5 seconds.`);
      isReported = true;
    },
    listening: ({ host, port }) => {
      log.info({ host, port }, `${what} listens`);
      isReported = false;
    },
  });
}

function debugRoutes({ settings, given, metrics, version, startTime, log }: ServersOptions): Routes {
  const { featureGates, enableProfiling } = settings.current;
  return metricsRoutes({
    metrics: metrics.page,
    slis: metrics.slis,
    pinged: () => {
      metrics.checked('ping', 'healthz', true);
    },
    configuration: () => settings.current,
    given,
    process: { startTime, now: Date.now, version, nodeVersion: process.version, argv: process.argv },
    verbosity: verbosityOf(settings, log),
    pages: {
      statusz: featureEnabled(featureGates, 'ComponentStatusz'),
      flagz: featureEnabled(featureGates, 'ComponentFlagz'),
      profiling: enableProfiling,
    },
  });
}

/** How much is logged: what the configuration says, until somebody asks for another level over HTTP. */
function verbosityOf(settings: LiveConfiguration, log: Logger): Verbosity {
  let verbosity = settings.current.logging.verbosity;
  const set = (next: number): void => {
    verbosity = next;
    log.level = logLevel(next);
  };
  settings.changed(({ logging }, fields) => {
    if (fields.includes('logging.verbosity')) set(logging.verbosity);
  });
  return { get: () => verbosity, set };
}
