import { readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import type { Family } from '@nftproxier/core';
import type { Logger } from 'pino';
import { featureEnabled, logLevel, parseHostPort } from '../config/index.js';
import type { Configuration } from '../config/index.js';
import { createProxyHealth, createServiceHealth, healthRoutes, systemHealthClock } from '../health/index.js';
import type { ProxyHealth, ServiceHealth } from '../health/index.js';
import { listen, metricsRoutes, requestListener } from '../http/index.js';
import type { ListenError, ListeningServer, Routes } from '../http/index.js';
import { createMetrics, recordProbe } from '../metrics/index.js';
import type { Metrics } from '../metrics/index.js';

/** What servers are made from. */
export interface ServersOptions {
  readonly configuration: Configuration;
  /** Flags given on the command line, for `/flagz`. */
  readonly given: ReadonlyMap<string, unknown>;
  readonly families: readonly Family[];
  readonly log: Logger;
  readonly version: string;
  readonly startTime: number;
  /** `bindAddressHardFail`: told of an address that cannot be had, when the daemon must end for it. */
  readonly fatal: (error: Error) => void;
}

/** The daemon's health and metrics, and the servers that show them. */
export interface Servers {
  readonly health: ProxyHealth;
  readonly serviceHealth: ServiceHealth;
  readonly metrics: Metrics;
  close(): Promise<void>;
}

/** Opens the health server (10256), the metrics server (10249) and those of health-check node ports. */
export function openServers(options: ServersOptions): Servers {
  const { configuration, families, log, version, startTime } = options;
  const readFile = (path: string): string => readFileSync(path, 'utf8');
  const health = createProxyHealth({
    families,
    timeout: () => 2 * configuration.nftables.syncPeriod,
    clock: systemHealthClock,
  });
  const metrics = createMetrics({
    version,
    nodeVersion: process.version,
    platform: `${platform()}/${arch()}`,
    featureGates: configuration.featureGates,
    readFile,
    startTime,
  });
  const serviceHealth = createServiceHealth({
    isFresh: () => health.report().healthy,
    failed: ({ namespace, name }, error) => {
      metrics.add('nftproxier_health_check_listen_failures_total', 1);
      log.warn({ service: `${namespace}/${name}` }, error.message);
    },
  });
  const probes = healthRoutes(health, (probe, ok) => {
    recordProbe(metrics, probe, ok);
  });
  const servers = [
    open('the health server', configuration.healthzBindAddress, probes, options),
    open('the metrics server', configuration.metricsBindAddress, debugRoutes(options, metrics), options),
  ];
  return {
    health,
    serviceHealth,
    metrics,
    async close() {
      await Promise.all([...servers.map((server) => server?.close()), serviceHealth.close()]);
      metrics.stop();
    },
  };
}

function open(what: string, at: string, routes: Routes, options: ServersOptions): ListeningServer | undefined {
  const address = parseHostPort(at);
  if (address === undefined) return undefined;
  let isReported = false;
  return listen({
    address,
    what,
    listener: requestListener(routes),
    failed: (error: ListenError) => {
      if (options.configuration.bindAddressHardFail) options.fatal(error);
      else if (!isReported)
        options.log.error({ code: error.code }, `${error.message} It is tried again every 5 seconds.`);
      isReported = true;
    },
    listening: ({ host, port }) => {
      options.log.info({ host, port }, `${what} listens`);
      isReported = false;
    },
  });
}

function debugRoutes(options: ServersOptions, metrics: Metrics): Routes {
  const { configuration, given, version, startTime, log } = options;
  let verbosity = configuration.logging.verbosity;
  return metricsRoutes({
    metrics: metrics.page,
    slis: metrics.slis,
    pinged: () => {
      metrics.checked('ping', 'healthz', true);
    },
    configuration: () => configuration,
    given,
    process: { startTime, now: Date.now, version, nodeVersion: process.version, argv: process.argv },
    verbosity: {
      get: () => verbosity,
      set: (next) => {
        verbosity = next;
        log.level = logLevel(next);
      },
    },
    pages: {
      statusz: featureEnabled(configuration.featureGates, 'ComponentStatusz'),
      flagz: featureEnabled(configuration.featureGates, 'ComponentFlagz'),
      profiling: configuration.enableProfiling,
    },
  });
}
