import type { Clock } from '@nftproxier/daemon/reflector';

interface Timer {
  readonly id: number;
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until told to go on. */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000;
  #timers: Timer[] = [];
  #ids = 0;

  /** How much time goes by with each look at the clock, as if the work in between had taken it. */
  driftMs = 0;
  /** How often others were given their turn. */
  yields = 0;

  now(): number {
    this.#now += this.driftMs;
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): number {
    const id = ++this.#ids;
    this.#timers.push({ id, at: this.#now + Math.max(0, ms), callback });
    return id;
  }

  clearTimeout(timer: unknown): void {
    this.#timers = this.#timers.filter(({ id }) => id !== timer);
  }

  yield(): Promise<void> {
    this.yields++;
    return Promise.resolve();
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Lets what is ready run, without time going by. */
  async settle(): Promise<void> {
    // A setImmediate comes after all promise callbacks that lead to one another.
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Lets `ms` milliseconds go by, timers firing in order. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await this.settle();
    }
    this.#now = end;
  }

  /** Lets time go by, timer by timer, until `done`. Returns the time it took; infinite if not within `limit`. */
  async until(done: () => boolean, limit: number): Promise<number> {
    const began = this.#now;
    await this.settle();
    while (!done()) {
      const next = Math.min(...this.#timers.map(({ at }) => at));
      if (next - began > limit) {
        await this.advance(began + limit - this.#now);
        return Number.POSITIVE_INFINITY;
      }
      await this.advance(next - this.#now);
    }
    return this.#now - began;
  }
}
