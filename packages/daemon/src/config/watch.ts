import { setInterval, clearInterval } from 'node:timers';
import type { Milliseconds } from './duration.js';

/** What a watch reports. */
export interface WatchHandlers {
  /** The file has new content and the new content has stayed the same for one interval. */
  readonly changed: (text: string) => void;
  /** The file cannot be read; reported once per failure, and again only after it could be read. */
  readonly failed: (error: Error) => void;
}

/** What a watch needs from its surroundings. */
export interface WatchInput {
  readonly path: string;
  /** How often the file is read. Kubelet replaces the files of a ConfigMap within about a minute, so 10 s is plenty. */
  readonly interval: Milliseconds;
  readonly readFile: (path: string) => string;
  readonly handlers: WatchHandlers;
  /** Calls `tick` every `interval` until the returned function is called. */
  readonly every?: (interval: Milliseconds, tick: () => void) => () => void;
}

const everyUnreferenced = (interval: Milliseconds, tick: () => void): (() => void) => {
  const timer = setInterval(tick, interval);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
};

/**
 * Watches a configuration file by reading it. Comparing content rather than waiting for file events works for every
 * way a file is replaced: written in place, renamed over, or a ConfigMap's `..data` link swapped, which gives no event
 * on the file itself. A half-written file is not reported: content must be the same twice. Returns the function that
 * stops the watch. The content at the time of the call is the one changes are measured against.
 */
export const watchConfiguration = ({
  path,
  interval,
  readFile,
  handlers,
  every = everyUnreferenced,
}: WatchInput): (() => void) => {
  let failing = false;
  const read = (): string | undefined => {
    try {
      const text = readFile(path);
      failing = false;
      return text;
    } catch (error) {
      if (!failing) handlers.failed(error instanceof Error ? error : new Error(String(error)));
      failing = true;
      return undefined;
    }
  };
  let reported = read();
  let last = reported;
  return every(interval, () => {
    const text = read();
    if (text === undefined) return;
    const settled = text === last;
    last = text;
    if (!settled || text === reported) return;
    reported = text;
    handlers.changed(text);
  });
};
