import type { Clock } from '../clock.js';

/** Divides long work, so that it never keeps the process from other input and output for long. */
export class Slice {
  readonly #clock: Clock;
  readonly #ms: number;
  #began: number;

  /** A slice lasts `ms` milliseconds. */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
    this.#began = clock.now();
  }

  isOver(): boolean {
    return this.#clock.now() - this.#began > this.#ms;
  }

  async next(): Promise<void> {
    await this.#clock.yield();
    this.#began = this.#clock.now();
  }
}
