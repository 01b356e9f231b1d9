import { families, type Family } from '@nftproxier/core';

/** What is known of one family's rules. */
export interface FamilyFreshness {
  /** When the oldest change that is not in the kernel yet was asked for, on the monotonic clock; absent if none waits. */
  readonly queuedAt?: number;
  /** When the rules were last brought up to date, in milliseconds since the epoch; absent before the first time. */
  readonly lastUpdated?: number;
}

/** What is known of the rules, for each family that is served. */
export type Freshness = { readonly [family in Family]?: FamilyFreshness };

/** A sync of a family was asked for. The first request counts: later ones do not make the wait look shorter. */
export const queued = (state: Freshness, family: Family, elapsed: number): Freshness =>
  state[family]?.queuedAt === undefined ? { ...state, [family]: { ...state[family], queuedAt: elapsed } } : state;

/** A sync of a family succeeded. */
export const synced = (state: Freshness, family: Family, now: number): Freshness => ({
  ...state,
  [family]: { lastUpdated: now },
});

/** How fresh the rules are at a moment. */
export interface FreshnessReport {
  /** No family has a change that waits for as long as the timeout. */
  readonly healthy: boolean;
  /** The latest real update of any family, in milliseconds since the epoch. */
  readonly lastUpdated: number | undefined;
  readonly status: {
    readonly [family in Family]?: { readonly lastUpdated: number | undefined; readonly healthy: boolean };
  };
}

/**
 * Judges the rules. A family is healthy unless a change has waited for `timeout` milliseconds or more; having nothing to
 * do is healthy, however long it lasts, and so is starting up.
 */
export const assess = (state: Freshness, elapsed: number, timeout: number): FreshnessReport => {
  const known = families.flatMap((family) => {
    const own = state[family];
    if (own === undefined) return [];
    const healthy = own.queuedAt === undefined || elapsed - own.queuedAt < timeout;
    return [[family, { lastUpdated: own.lastUpdated, healthy }] as const];
  });
  const updates = known.flatMap(([, { lastUpdated }]) => lastUpdated ?? []);
  return {
    healthy: known.every(([, { healthy }]) => healthy),
    lastUpdated: updates.length === 0 ? undefined : Math.max(...updates),
    status: Object.fromEntries(known),
  };
};
