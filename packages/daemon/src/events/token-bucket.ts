/** Lets so many things through at once, and so many a second over a longer time. */
export interface TokenBucket {
  /** Whether one more may pass now. */
  readonly take: (now: number) => boolean;
}

/** A full bucket of `burst` tokens that gets `perSecond` new ones. Time is in milliseconds and may jump. */
export const tokenBucket = (burst: number, perSecond: number): TokenBucket => {
  let tokens = burst;
  let last: number | undefined;
  return {
    take: (now) => {
      const passed = Math.max(0, now - (last ?? now));
      last = now;
      tokens = Math.min(burst, tokens + (passed / 1000) * perSecond);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
};
