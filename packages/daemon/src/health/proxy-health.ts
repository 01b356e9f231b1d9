import type { Family, Node } from '@nftproxier/core';
import { isEligible } from './eligibility.js';
import { assess, type Freshness, type FreshnessReport, queued, synced } from './freshness.js';

/** The clocks that health is measured by. */
export interface HealthClock {
  /** Milliseconds since the epoch, for people to read. */
  readonly now: () => number;
  /** Milliseconds on a clock that never jumps, for measuring how long something waits. */
  readonly elapsed: () => number;
}

/** The clocks of this machine. */
export const systemHealthClock: HealthClock = { now: () => Date.now(), elapsed: () => performance.now() };

/** What to judge health by. */
export interface ProxyHealthOptions {
  /** Families that have to be synced before the proxy is ready. */
  readonly families: readonly Family[];
  /** Milliseconds that a change may wait; twice `syncPeriod` in kube-proxy. Asked at each judgement. */
  readonly timeout: () => number;
  /** Milliseconds that a change may wait before the proxy is no longer ready, if less. Asked at each judgement. */
  readonly readyTimeout?: () => number;
  readonly clock: HealthClock;
}

/** The health of the proxy as told by its sync loop and by the Node object. */
export interface ProxyHealth {
  /** The sync loop of a family runs from now on. */
  readonly started: (family: Family) => void;
  /** A sync was asked for. */
  readonly queued: (family: Family) => void;
  /** A sync succeeded. */
  readonly synced: (family: Family) => void;
  /** The Node is another one. A Node that is gone is left as it was last seen, as in kube-proxy. */
  readonly setNode: (node: Node | undefined) => void;
  readonly report: () => FreshnessReport;
  readonly isNodeEligible: () => boolean;
  /** Families that have been synced since the start. */
  readonly syncedFamilies: () => ReadonlySet<Family>;
  readonly isReady: () => boolean;
  readonly clock: HealthClock;
}

/**
 * Starts to keep track of health. The proxy is ready once every family has been synced and as long as it is fresh, by a
 * shorter limit: a rollout had better stop early, while a restart, or traffic sent elsewhere, should be worth it.
 */
export const createProxyHealth = ({
  families,
  timeout,
  readyTimeout = timeout,
  clock,
}: ProxyHealthOptions): ProxyHealth => {
  let freshness: Freshness = {};
  let eligible = false;
  const done = new Set<Family>();
  const reportBy = (limit: number): FreshnessReport => assess(freshness, clock.elapsed(), limit);
  const report = (): FreshnessReport => reportBy(timeout());
  return {
    started: (family) => {
      freshness = synced(freshness, family, clock.now());
    },
    queued: (family) => {
      freshness = queued(freshness, family, clock.elapsed());
    },
    synced: (family) => {
      freshness = synced(freshness, family, clock.now());
      done.add(family);
    },
    setNode: (node) => {
      if (node !== undefined) eligible = isEligible(node);
    },
    report,
    isNodeEligible: () => eligible,
    syncedFamilies: () => done,
    isReady: () =>
      families.every((family) => done.has(family)) && reportBy(Math.min(timeout(), readyTimeout())).healthy,
    clock,
  };
};
