import type { Pause } from '@nftproxier/nft';

/** Time, as a parameter. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after a delay in milliseconds; the function returned cancels it. */
  after(delay: number, callback: () => void): () => void;
}

/** Longest time in milliseconds that work goes on without a pause. Two or three do at once while everything is read. */
const longestTurn = 5;

/** Leaves the rest of long work to the next turn of the event loop, where this one has lasted some milliseconds. */
export function pauseForOthers(): Pause {
  let began = -Infinity;
  return async () => {
    if (performance.now() - began < longestTurn) return;
    await new Promise((resolve) => setImmediate(resolve));
    began = performance.now();
  };
}

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
