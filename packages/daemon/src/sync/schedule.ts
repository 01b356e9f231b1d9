import type { Clock } from './clock.js';

/** When a sync runs. */
export interface ScheduleOptions {
  /** Does the work; resolves to false, or rejects, if it must be tried again. Never called while a call is under way. */
  readonly run: () => Promise<boolean>;
  /** Least time between the end of a run and the start of the next, in milliseconds: `minSyncPeriod`. Asked each time. */
  readonly minPeriod: () => number;
  /** From the start of a first failed run to the next, in milliseconds; four times as long with each further failure. */
  readonly retryPeriod: number;
  /** Longest such time, in milliseconds; a run that took longer is followed after `minPeriod`. Asked each time. */
  readonly maxRetryPeriod: () => number;
  readonly clock: Clock;
}

/** Runs a sync when asked to. */
export interface Schedule {
  /** Asks for a run. Any number of requests before it begins, or while one is under way, lead to one more run. */
  request(): void;
  /** The same without keeping the distance to the run before: traffic fails meanwhile. */
  requestNow(): void;
  /** Ends: resolves when a run under way is done; none follows. */
  stop(): Promise<void>;
}

/**
 * Guarantees: a request is always followed by a run that begins after it; the first request after a quiet time runs at
 * once; runs never overlap and keep their distance; a failed run is repeated without being asked, and no request makes that
 * come sooner: however much changes while nft does not work, it is not tried more often.
 */
export function createSchedule({ run, minPeriod, retryPeriod, maxRetryPeriod, clock }: ScheduleOptions): Schedule {
  let running: Promise<void> | undefined;
  let requested = false;
  let urgent = false;
  let stopped = false;
  let failures = 0;
  let lastEnd = -Infinity;
  let cancel: (() => void) | undefined;

  const plan = (delay: number): void => {
    cancel?.();
    cancel = clock.after(delay, begin);
  };
  const begin = (): void => {
    cancel = undefined;
    if (running !== undefined || stopped) return;
    requested = false;
    urgent = false;
    const start = clock.now();
    running = run()
      .catch(() => false)
      .then((done) => {
        running = undefined;
        lastEnd = clock.now();
        failures = done ? 0 : failures + 1;
        if (stopped) return;
        const retryAt = start + Math.min(maxRetryPeriod(), retryPeriod * 4 ** (failures - 1));
        if (!done) plan(Math.max(minPeriod(), retryAt - lastEnd));
        else if (requested) plan(urgent ? 0 : minPeriod());
      });
  };
  const isBusy = (): boolean => stopped || running !== undefined || failures > 0;
  return {
    request() {
      requested = true;
      if (!isBusy()) plan(Math.max(0, lastEnd + minPeriod() - clock.now()));
    },
    requestNow() {
      requested = true;
      urgent = true;
      if (!isBusy()) plan(0);
    },
    async stop() {
      stopped = true;
      cancel?.();
      await running;
    },
  };
}
