import type { Clock } from '../../src/sync/clock.js';

/** A clock that stands still until it is moved. */
export class FakeClock implements Clock {
  #now = 0;
  #timers: { readonly at: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): () => void {
    const timer = { at: this.#now + delay, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** How many callbacks are waited for. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Moves on, calling back what is due, and lets promises settle. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    await settled();
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#now = next.at;
      next.callback();
      await settled();
    }
    this.#now = until;
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let round = 0; round < 30; round += 1) await Promise.resolve();
}
