import type { Metrics } from '../metrics/index.js';
import type { Source, SourceStatus } from '../sources/source.js';

/** Has every scrape show how the source is: what it knows, since when it may have missed something, what failed. */
export function measureSource(source: Source, metrics: Metrics, now: () => number): void {
  const counted = new Map<string, number>();
  metrics.beforeScrape(() => {
    for (const status of source.status()) record(status);
  });

  const record = ({ kind, objects, staleSince, failures }: SourceStatus): void => {
    metrics.set('nftproxier_source_objects', objects, { kind });
    const staleness = staleSince === undefined ? 0 : Math.max(0, now() - staleSince) / 1000;
    metrics.set('nftproxier_source_staleness_seconds', staleness, { kind });
    for (const [code, total] of Object.entries(failures)) {
      const key = `${kind} ${code}`;
      metrics.add('nftproxier_source_failures_total', total - (counted.get(key) ?? 0), { kind, code });
      counted.set(key, total);
    }
  };
}
