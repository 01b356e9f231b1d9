import { ApiStatusError, ReflectorError } from '../errors.js';

/** What to do after a failure. */
export interface Recovery {
  /** `resume`: watch on from the same resource version. `relist`: start from a fresh list. */
  readonly next: 'resume' | 'relist';
  /** Versions told before the failure mean nothing any more. */
  readonly wentBack: boolean;
  /** Whether to wait before the next attempt. */
  readonly wait: boolean;
  /** The server asked not to be asked again before, in milliseconds. */
  readonly atLeastMs: number;
}

/** What is known about the attempt that failed. */
export interface Attempt {
  /** How often there was a fresh list since the last event or bookmark. */
  readonly relists: number;
  /** Failures in a row, this one included, that a watch from the same resource version may not get past. */
  readonly stuck: number;
  /** Whether the response carried anything at all. */
  readonly sawBytes: boolean;
}

/** Failures of the same watch in a row after which its resource version is given up. */
const stuckLimit = 2;

/**
 * The rule of resumption. A resource version is kept whenever the server may still honour it, for lists are expensive
 * for everybody; it is given up when the server says so, or when keeping it does not lead anywhere.
 */
export function recover(error: unknown, attempt: Attempt): Recovery {
  const atLeastMs = error instanceof ApiStatusError ? error.retryAfterMs : 0;
  const resume: Recovery = { next: 'resume', wentBack: false, wait: true, atLeastMs };
  const relist: Recovery = { ...resume, next: 'relist' };
  // A list is a different request: what delays the watch does not delay it. A second one in a row waits.
  const relistNow: Recovery = { ...relist, wait: attempt.relists > 0, atLeastMs: 0 };
  if (error instanceof ApiStatusError) {
    if (error.versionTooLarge) return { ...relistNow, wentBack: true };
    if (isExpired(error)) return relistNow;
    // The version itself, or the way of asking, is refused.
    if (error.status === 400 || error.status === 422) return relist;
    return resume;
  }
  if (!(error instanceof ReflectorError)) return resume;
  switch (error.code) {
    case 'went-back':
      return { ...relistNow, wentBack: true };
    case 'audit-difference':
      return relistNow;
    // A server that is behind our version stays silent until it has caught up: nothing came, not even a bookmark.
    case 'idle':
      return attempt.sawBytes ? resume : relist;
    case 'bad-line':
    case 'too-long':
      return attempt.stuck >= stuckLimit ? relist : resume;
    default:
      return resume;
  }
}

/** Whether a failure may be due to the place in the stream, so that trying there for ever leads nowhere. */
export function mayBeStuck(error: unknown): boolean {
  return error instanceof ReflectorError && (error.code === 'bad-line' || error.code === 'too-long');
}

/** Whether the resource version asked for is no longer kept. Old servers give no reason in ERROR events. */
export function isExpired(error: ApiStatusError): boolean {
  return error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone';
}

/** Whether a failed WatchList says that the server does not know WatchList, rather than that it is in trouble. */
export function refusesWatchList(error: unknown): boolean {
  if (error instanceof ApiStatusError) return error.status === 400 || error.status === 422;
  return error instanceof ReflectorError && error.code === 'no-initial-events-end';
}

/** Whether a failure inside the initial events counts against WatchList. */
export function blamesWatchList(error: unknown): boolean {
  if (!(error instanceof ReflectorError)) return false;
  return ['connection-lost', 'idle', 'bad-line', 'too-long', 'no-initial-events-end'].includes(error.code);
}
