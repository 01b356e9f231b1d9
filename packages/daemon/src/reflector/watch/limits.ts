/** Time and size limits, in milliseconds and bytes. */
export interface Limits {
  /** From sending a request to the headers of its response. */
  readonly headersMs: number;
  /** Silence while a list, or the initial events of a WatchList, arrive. Idle, not total: a slow list passes. */
  readonly listIdleMs: number;
  /**
   * Silence of a watch. Servers send a bookmark about once a minute and keep 75 s of history, so a watch that has been
   * silent for 70 s is dead, or about to lose its place.
   */
  readonly watchIdleMs: number;
  /** Initial events of a WatchList without an object not seen before: the server does not know WatchList. */
  readonly initialEventsGapMs: number;
  /** All initial events of a WatchList; a paged list takes over. */
  readonly initialEventsTotalMs: number;
  /** A watch that ends sooner counts as a failure, so that a server which closes watches at once is not flooded. */
  readonly shortWatchMs: number;
  /** `timeoutSeconds` of a watch is drawn from this range. Below 300 s servers notice the load of reconnections. */
  readonly watchTimeoutSeconds: readonly [number, number];
  /** Objects a page of a list. */
  readonly pageSize: number;
  /**
   * The longest line of a watch and the longest item of a list. etcd refuses objects above 1.5 MB; their JSON may be a
   * few times longer than what is stored.
   */
  readonly objectBytes: number;
  /** First and longest time between attempts. The longest leaves one second of ten for the attempt itself. */
  readonly backoffMs: readonly [number, number];
  /** The longest that a server may make us wait by Retry-After. */
  readonly retryAfterMs: number;
  /** Time between audits is drawn from this range. */
  readonly auditMs: readonly [number, number];
  /** Time until an optional resource that the cluster does not serve is asked for again. */
  readonly absentMs: number;
  /** Work without giving other input and output their turn. */
  readonly sliceMs: number;
}

/** Values that suit a kube-apiserver with its own defaults. */
export const defaultLimits: Limits = {
  headersMs: 30_000,
  listIdleMs: 30_000,
  watchIdleMs: 70_000,
  initialEventsGapMs: 40_000,
  initialEventsTotalMs: 300_000,
  shortWatchMs: 5_000,
  watchTimeoutSeconds: [300, 600],
  pageSize: 500,
  objectBytes: 16 << 20,
  backoffMs: [1_000, 9_000],
  retryAfterMs: 300_000,
  auditMs: [1_800_000, 3_600_000],
  absentMs: 300_000,
  sliceMs: 8,
};
