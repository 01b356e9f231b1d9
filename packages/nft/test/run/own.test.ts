import { describe, expect, it } from 'vitest';
import { OwnProcesses } from '../../src/run/index.js';

describe('own processes', () => {
  it('are ours while they run, and for a moment after', () => {
    let now = 0;
    const own = new OwnProcesses(() => now);
    own.began(7);
    own.began(undefined);
    now = 60_000;
    expect([own.has(7), own.has(8)]).toEqual([true, false]);
    own.ended(7);
    own.ended(8);
    now += 5_000;
    expect([own.has(7), own.has(8)]).toEqual([true, false]);
    now += 1;
    expect(own.has(7)).toBe(false);
  });

  it('are ours again where the kernel gives an id anew', () => {
    let now = 0;
    const own = new OwnProcesses(() => now);
    for (const at of [0, 4_000]) {
      now = at;
      own.began(7);
      own.ended(7);
    }
    now = 8_000;
    own.began(9);
    own.ended(9);
    expect([own.has(7), own.has(9)]).toEqual([true, true]);
    now = 9_001;
    expect([own.has(7), own.has(9)]).toEqual([false, true]);
  });
});
