import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/config/duration.js';

describe('parseDuration', () => {
  test.each([
    ['0', 0],
    ['-0', 0],
    ['0s', 0],
    ['30s', 30_000],
    ['1m0s', 60_000],
    ['250ms', 250],
    ['24h0m0s', 86_400_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1_000],
    ['100us', 0.1],
    ['100µs', 0.1],
    ['100μs', 0.1],
    ['5ns', 5e-6],
    ['-2s', -2_000],
    ['+2s', 2_000],
    ['1s1s', 2_000],
  ])('%s is %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBeCloseTo(milliseconds, 6);
  });

  test.each(['', '30', '1d', 's', '1 s', ' 1s', '1s ', '1,5s', '1e3s', '--1s', '.s', '1m2', '9999999h', '1S', '٣s'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [1, '1ms'],
    [1_500, '1.5s'],
    [60_000, '1m0s'],
    [900_000, '15m0s'],
    [86_400_000, '24h0m0s'],
    [3_661_001, '1h1m1.001s'],
    [0.25, '250µs'],
    [0.000005, '5ns'],
    [-90_000, '-1m30s'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  test('what it writes reads back as the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBeCloseTo(milliseconds, 3);
      }),
    );
  });
});
