import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Measures how long the process could not react. */
export interface EventLoopLag {
  /** The longest time in seconds since the last call. */
  readonly takeMax: () => number;
  readonly stop: () => void;
}

/** Milliseconds between two looks at the event loop; the lag is what comes on top. */
const resolution = 20;

/** Starts to measure. */
export const measureEventLoopLag = (): EventLoopLag => {
  const delays = monitorEventLoopDelay({ resolution });
  delays.enable();
  return {
    takeMax: () => {
      const max = delays.max / 1e9;
      delays.reset();
      return Math.max(0, max - resolution / 1000);
    },
    stop: () => {
      delays.disable();
    },
  };
};
