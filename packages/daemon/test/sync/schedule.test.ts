import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../src/sync/schedule.js';
import { FakeClock } from './fake-clock.js';

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
    maxRetryPeriod: () => 4_000,
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
    expect(pauses).toEqual([1_000, 2_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000]);
  });

  it('does not try again sooner after a failure, whatever is asked', async () => {
    const { clock, runs, schedule } = scene(new Array<boolean>(100).fill(false));
    schedule.request();
    for (let passed = 0; passed < 60_000; passed += 100) {
      schedule.request();
      schedule.requestNow();
      await clock.pass(100);
    }
    expect(runs.length).toBeLessThanOrEqual(17);
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
