import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../src/sync/schedule.js';

/** A clock that stands still until it is moved. */
class FakeClock {
  #now = 0;
  #timers: { readonly at: number; readonly callback: () => void }[] = [];

  now = (): number => this.#now;

  after = (delay: number, callback: () => void): (() => void) => {
    const timer = { at: this.#now + delay, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };

  /** Moves on, calling back what is due, and lets promises settle. */
  async pass(milliseconds: number): Promise<void> {
    await settled();
    const until = this.#now + milliseconds;
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
  for (let round = 0; round < 10; round += 1) await Promise.resolve();
}

function scene(results: (boolean | Error)[] = []) {
  const clock = new FakeClock();
  const runs: number[] = [];
  const finish: (() => void)[] = [];
  let isSlow = false;
  const schedule = createSchedule({
    run: async () => {
      runs.push(clock.now());
      if (isSlow) await new Promise<void>((resolve) => finish.push(resolve));
      const result = results.shift() ?? true;
      if (result instanceof Error) throw result;
      return result;
    },
    minPeriod: () => 1_000,
    retryPeriod: 500,
    maxRetryPeriod: () => 30_000,
    clock,
  });
  return {
    clock,
    runs,
    schedule,
    finish,
    slow: () => {
      isSlow = true;
    },
  };
}

describe('createSchedule', () => {
  it('runs the first request at once, and the next ones together after the least pause', async () => {
    const { clock, runs, schedule } = scene();
    schedule.request();
    await clock.pass(0);
    schedule.request();
    schedule.request();
    await clock.pass(999);
    expect(runs).toEqual([0]);
    await clock.pass(1);
    expect(runs).toEqual([0, 1_000]);
    await clock.pass(60_000);
    expect(runs).toHaveLength(2);
  });

  it('runs once more for requests that come during a run, and never two at a time', async () => {
    const { clock, runs, schedule, finish, slow } = scene();
    slow();
    schedule.request();
    await clock.pass(0);
    schedule.request();
    schedule.request();
    await clock.pass(5_000);
    expect(runs).toEqual([0]);
    finish.shift()?.();
    await clock.pass(1_000);
    expect(runs).toEqual([0, 6_000]);
  });

  it('tries a failed run again by itself, with growing pauses up to the longest', async () => {
    const { clock, runs, schedule } = scene([false, new Error('x'), false, false, false, false, false, false, true]);
    schedule.request();
    await clock.pass(200_000);
    const pauses = runs.slice(1).map((at, index) => at - (runs[index] ?? 0));
    expect(pauses).toEqual([1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('does not let a request wait for the pause after a failure', async () => {
    const { clock, runs, schedule } = scene([false, false, false, false]);
    schedule.request();
    await clock.pass(4_000);
    const before = runs.length;
    schedule.request();
    await clock.pass(1_000);
    expect(runs.length).toBe(before + 1);
  });

  it('ends after the run that is under way', async () => {
    const { clock, runs, schedule, finish, slow } = scene();
    slow();
    schedule.request();
    await clock.pass(0);
    schedule.request();
    const stopped = schedule.stop();
    finish.shift()?.();
    await stopped;
    schedule.request();
    await clock.pass(60_000);
    expect(runs).toEqual([0]);
  });
});
