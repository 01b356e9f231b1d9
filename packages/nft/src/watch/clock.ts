/** Time, as a parameter. */
export interface GuardClock {
  /** Milliseconds since any moment. */
  now(): number;
  /** Calls back once after a delay in milliseconds; the function returned cancels it. */
  after(delay: number, callback: () => void): () => void;
}

/** Resolves after a delay in milliseconds, or at once when the signal aborts. */
export function pause(clock: GuardClock, delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delay, done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** A process that lived this long, in milliseconds, is started again at once. */
const longLife = 10_000;
/** Pauses before one that did not is started again, in milliseconds: long, because nft may be what is broken. */
const restart = { soon: 100, first: 10_000, longest: 60_000 } as const;

/** How long to wait before a process is started again: at most five starts in the first minute, and one in each after it. */
export class RestartPause {
  readonly #clock: GuardClock;
  #next: number = restart.first;
  #startedAt = 0;

  constructor(clock: GuardClock) {
    this.#clock = clock;
  }

  /** The process has been started. */
  started(): void {
    this.#startedAt = this.#clock.now();
  }

  /** Resolves when it may be started again. */
  async over(signal: AbortSignal): Promise<void> {
    const isLong = this.#clock.now() - this.#startedAt >= longLife;
    const delay = isLong ? restart.soon : this.#next;
    this.#next = isLong ? restart.first : Math.min(this.#next * 2, restart.longest);
    await pause(this.#clock, delay, signal);
  }
}
