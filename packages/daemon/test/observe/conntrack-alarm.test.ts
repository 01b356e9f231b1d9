import { expect, test } from 'vitest';
import { watchConntrackUse } from '../../src/observe/conntrack-alarm.js';
import { FakeClock } from '../sync/fake-clock.js';

function scene(limit = 1_000) {
  const clock = new FakeClock();
  const told: string[] = [];
  let entries: number | undefined = 0;
  const stop = watchConntrackUse({
    use: () => (entries === undefined ? undefined : { entries, limit }),
    clock,
    changed: (isNearlyFull, use) => told.push(`${String(clock.now())} ${String(isNearlyFull)} ${String(use.entries)}`),
  });
  return {
    clock,
    told,
    stop,
    set: (value: number | undefined) => {
      entries = value;
    },
  };
}

test('a table at 90 % is told of within 10 seconds, once, and again when it has been below 80 %', async () => {
  const { clock, told, set, stop } = scene();
  await clock.pass(7_000);
  set(899);
  await clock.pass(60_000);
  expect(told).toEqual([]);
  set(900);
  await clock.pass(10_000);
  expect(told).toEqual(['70000 true 900']);
  for (const entries of [850, 1_000, 800, 900]) {
    set(entries);
    await clock.pass(5_000);
  }
  expect(told).toHaveLength(1);
  set(799);
  await clock.pass(5_000);
  expect(told).toHaveLength(2);
  expect(told[1]).toMatch(/ false 799$/);
  stop();
  set(1_000);
  await clock.pass(60_000);
  expect(told).toHaveLength(2);
});

test('nothing is said where the kernel does not say, or has no limit', async () => {
  const { clock, told, set } = scene(0);
  set(5);
  await clock.pass(20_000);
  const other = scene();
  other.set(undefined);
  await other.clock.pass(20_000);
  expect([...told, ...other.told]).toEqual([]);
});
