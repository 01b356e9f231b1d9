import { createMetrics } from '../../src/metrics/index.js';
import type { Metrics } from '../../src/metrics/index.js';

/** The metrics of a daemon of which nothing is known. Whoever makes them stops them. */
export function idleMetrics(): Metrics {
  return createMetrics({
    version: '1.2.3',
    nodeVersion: 'v24.0.0',
    platform: 'linux/amd64',
    featureGates: {},
    readFile: () => '0',
    startTime: 0,
  });
}
