import type { Clock } from '../clock.js';
import type { ReflectorError } from '../errors.js';

/** A limit on silence: how long, in milliseconds, and the error that it is. */
export interface Silence {
  readonly ms: number;
  readonly error: () => ReflectorError;
}

/**
 * Limits one wait after another. A first list has thousands of them, so the timer of one is left running for the next:
 * when it fires, it looks whether the present wait is really over its limit.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #onExpired: (error: ReflectorError) => void;
  #limit: Silence | undefined;
  /** When the present wait is over its limit. */
  #deadline = Infinity;
  #timer: unknown;
  /** When the timer fires. */
  #timerAt = Infinity;
  #expired: ReflectorError | undefined;

  constructor(clock: Clock, onExpired: (error: ReflectorError) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  /** The error of the wait that was over its limit. */
  get expired(): ReflectorError | undefined {
    return this.#expired;
  }

  /** A wait begins. */
  expect(limit: Silence): void {
    this.#limit = limit;
    this.#deadline = this.#clock.now() + limit.ms;
    if (this.#deadline < this.#timerAt) this.#arm();
  }

  /** The wait is over. */
  rest(): void {
    this.#limit = undefined;
    this.#deadline = Infinity;
  }

  /** Nothing follows. */
  stop(): void {
    this.rest();
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Infinity;
  }

  #arm(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timerAt = this.#deadline;
    this.#timer = this.#clock.setTimeout(
      () => {
        this.#fire();
      },
      Math.max(0, this.#deadline - this.#clock.now()),
    );
  }

  #fire(): void {
    this.#timerAt = Infinity;
    if (this.#limit === undefined) return;
    // Timers may fire a little early.
    if (this.#clock.now() + 1 < this.#deadline) {
      this.#arm();
      return;
    }
    this.#expired = this.#limit.error();
    this.#onExpired(this.#expired);
  }
}
