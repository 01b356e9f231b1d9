/** Time, as a parameter. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after a delay in milliseconds; the function returned cancels it. */
  after(delay: number, callback: () => void): () => void;
}

/** Lets everything else go on that is due; resolves after it. Between portions of long work. */
export type Pause = () => Promise<void>;

/** The event loop's next turn. */
export const nextTurn: Pause = () => new Promise((resolve) => setImmediate(resolve));

/** The machine's own clock. Its timers do not keep a process alive that has nothing else to do. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, callback) {
    const timer = setTimeout(callback, delay);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
