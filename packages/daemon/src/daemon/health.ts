import type { Family } from '@nftproxier/core';
import type { Logger } from 'pino';
import type { LiveConfiguration } from '../config/index.js';
import { failedToStartServiceHealthcheck } from '../events/index.js';
import type { EventRecorder } from '../events/index.js';
import { createProxyHealth, createServiceHealth, systemHealthClock } from '../health/index.js';
import type { ProxyHealth, ServiceHealth } from '../health/index.js';
import type { Metrics } from '../metrics/index.js';
import type { Endings } from './endings.js';

/** What health is judged by and told to. */
export interface HealthOptions {
  readonly settings: LiveConfiguration;
  readonly families: readonly Family[];
  readonly metrics: Metrics;
  readonly events: Pick<EventRecorder, 'emit'>;
  readonly log: Logger;
  readonly endings: Endings;
}

/** Milliseconds that a change may be late before the proxy is not ready: within 30 s nobody relies on it any more. */
const readyDelay = 20_000;

/** The health of the proxy, and the servers that answer for single Services. */
export function startHealth({ settings, families, metrics, events, log, endings }: HealthOptions): {
  readonly health: ProxyHealth;
  readonly serviceHealth: ServiceHealth;
} {
  const health = createProxyHealth({
    families,
    timeout: () => 2 * settings.current.nftables.syncPeriod,
    readyTimeout: () => settings.current.nftables.minSyncPeriod + readyDelay,
    clock: systemHealthClock,
  });
  const serviceHealth = createServiceHealth({
    isFresh: () => health.report().healthy,
    failed: ({ namespace, name }, error) => {
      metrics.add('nftproxier_health_check_listen_failures_total', 1);
      log.warn({ service: `${namespace}/${name}`, code: error.code }, error.message);
      events.emit(failedToStartServiceHealthcheck({ namespace, name }, error.message));
    },
  });
  endings.add(() => serviceHealth.close());
  return { health, serviceHealth };
}
