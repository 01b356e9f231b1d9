/** Something a person should know about, until it is over. */
export interface Warning {
  /** Which trouble it is; a reflector has at most one warning of each. */
  readonly code:
    | 'permission-missing'
    | 'not-served'
    | 'not-authenticated'
    | 'unreachable'
    | 'tls'
    | 'cluster-config'
    | 'api-server-failing'
    | 'handler-failing'
    | 'watch-list-unsupported'
    | 'audit-difference';
  /** What is wrong, where, and what to do about it. */
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** What a reflector is doing, and how well. Times are milliseconds since 1970. */
export interface WatchStatus {
  /** `Resource.kind`. */
  readonly kind: string;
  /** `Resource.path`. */
  readonly path: string;
  /** `waiting`: for the next attempt, after a failure. `stopped`: also before `start`. */
  readonly state: 'stopped' | 'listing' | 'watching' | 'waiting';
  /** Objects known. */
  readonly objects: number;
  /** Where the watch would be resumed. */
  readonly resourceVersion: string | undefined;
  /** When the last byte arrived from the server, bookmarks included. */
  readonly lastByteAt: number | undefined;
  /** When the handler took the first complete list; `undefined` before. */
  readonly syncedSince: number | undefined;
  /** Since when changes may be missed; `undefined` while a watch is up. */
  readonly staleSince: number | undefined;
  /** Complete lists asked for, those by WatchList included. */
  readonly lists: number;
  /** Watches asked for, those by WatchList included. */
  readonly watches: number;
  /** Attempts that failed. */
  readonly errors: number;
  /** The same, by `lastError.code`. */
  readonly failures: Readonly<Record<string, number>>;
  /** The latest failure, whether it is over or not; `code` is a `ReflectorErrorCode`, `audit` or `unexpected`. */
  readonly lastError: { readonly at: number; readonly code: string; readonly message: string } | undefined;
  /** Events dropped because they told nothing new. */
  readonly staleEvents: number;
  /** Lines that were not events, unknown kinds and types included. */
  readonly badLines: number;
  /** Objects left out because their projection threw. */
  readonly unusableObjects: number;
  /** Batches of which the handler threw; each was followed by everything anew. */
  readonly handlerErrors: number;
  /** Audits completed. */
  readonly audits: number;
  /** Objects that audits found to differ. */
  readonly auditDifferences: number;
  /** What is still true of what `onWarning` was told. */
  readonly warnings: readonly Warning[];
}

/** The counters of a `WatchStatus`, while they count. */
export type WatchCounters = {
  -readonly [
    K in
      | 'lists'
      | 'watches'
      | 'errors'
      | 'staleEvents'
      | 'badLines'
      | 'unusableObjects'
      | 'handlerErrors'
      | 'audits'
      | 'auditDifferences'
  ]: WatchStatus[K];
};

export function newCounters(): WatchCounters {
  return {
    lists: 0,
    watches: 0,
    errors: 0,
    staleEvents: 0,
    badLines: 0,
    unusableObjects: 0,
    handlerErrors: 0,
    audits: 0,
    auditDifferences: 0,
  };
}
