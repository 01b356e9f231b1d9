import type { ConntrackUse } from '../metrics/index.js';
import type { Clock } from '../sync/clock.js';

/** What an alarm about a full connection-tracking table needs. */
export interface ConntrackAlarmOptions {
  /** How full the table is now: two small files of /proc, not the table. */
  readonly use: () => ConntrackUse | undefined;
  readonly clock: Clock;
  /** The table has become nearly full, or is no longer. */
  readonly changed: (isNearlyFull: boolean, use: ConntrackUse) => void;
}

/** Milliseconds between looks. */
const period = 5_000;
/** The share of the limit at which the kernel is about to drop new connections. */
const nearlyFull = 0.9;
/** The share below which that is over: a table that goes up and down around one number would tell it again and again. */
const relaxed = 0.8;

/**
 * Tells when the kernel is about to run out of places for connections: it then drops packets of new ones, whoever they are
 * for, and says so only in its own log.
 *
 * @returns what ends it.
 */
export function watchConntrackUse({ use, clock, changed }: ConntrackAlarmOptions): () => void {
  let isNearlyFull = false;
  let cancel: () => void = () => undefined;
  const look = (): void => {
    cancel = clock.after(period, look);
    const now = use();
    if (now === undefined || now.limit === 0) return;
    const share = now.entries / now.limit;
    const was = isNearlyFull;
    isNearlyFull = share >= (was ? relaxed : nearlyFull);
    if (isNearlyFull !== was) changed(isNearlyFull, now);
  };
  look();
  return () => {
    cancel();
  };
}
