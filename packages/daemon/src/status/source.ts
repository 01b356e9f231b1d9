import type { WatchStatus } from '../reflector/index.js';
import type { SourceStatus } from '../sources/source.js';

/** Where objects come from, and how well. */
export type SourceReport =
  | { readonly kind: 'kubernetes'; readonly watches: readonly WatchStatus[] }
  /** A directory. `failures`: attempts to read a file that failed since the start. */
  | { readonly kind: 'manifests'; readonly directory: string; readonly failures: number };

/**
 * What a source tells of itself.
 *
 * @param directory `nftproxier.manifests`; empty where objects come from an API server.
 */
export function reportOf(statuses: readonly SourceStatus[], directory: string): SourceReport {
  if (directory === '') return { kind: 'kubernetes', watches: statuses.filter(isWatch) };
  const failures = statuses.flatMap((status) => Object.values(status.failures)).reduce((sum, count) => sum + count, 0);
  return { kind: 'manifests', directory, failures };
}

function isWatch(status: SourceStatus): status is WatchStatus {
  return 'resourceVersion' in status;
}
