import { readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import type { Configuration } from '../config/index.js';
import { createMetrics } from '../metrics/index.js';
import type { Metrics } from '../metrics/index.js';
import type { Endings } from './endings.js';

/** The metrics of this process. */
export function startMetrics(
  { featureGates }: Configuration,
  { version, startTime }: { readonly version: string; readonly startTime: number },
  endings: Endings,
): Metrics {
  const metrics = createMetrics({
    version,
    nodeVersion: process.version,
    platform: `${platform()}/${arch()}`,
    featureGates,
    readFile: (path) => readFileSync(path, 'utf8'),
    startTime,
  });
  endings.add(() => {
    metrics.stop();
  });
  return metrics;
}
