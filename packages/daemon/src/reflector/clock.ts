/** Time as the reflector sees it, so that a test can run an hour in a millisecond. */
export interface Clock {
  /** Milliseconds since 1970; never goes back, whatever is done to the system's clock. */
  now(): number;
  /** Calls `callback` once, `ms` milliseconds from now. Returns what `clearTimeout` takes. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Stops a timer of `setTimeout`; without effect on one that has fired, and on `undefined`. */
  clearTimeout(timer: unknown): void;
  /** Resolves after pending input and output had their turn. */
  yield(): Promise<void>;
}

/** The clock of this process. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  yield: () => new Promise((resolve) => setImmediate(resolve)),
};

/** Resolves after `ms` milliseconds, or as soon as `signal` aborts; leaves neither timer nor listener behind. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = (): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.setTimeout(finish, ms);
    signal.addEventListener('abort', finish, { once: true });
  });
}
