import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { quote } from '@nftproxier/core';

const circular: unknown[] = [];
circular.push(circular);

const cases: [unknown, string][] = [
  ['web', '"web"'],
  ['', '""'],
  ['a"b', '"a\\"b"'],
  ['line\nfeed', '"line\\nfeed"'],
  ['\u001b[2J', '"\\u001b[2J"'],
  ['größe', '"gr??e"'],
  [5, '5'],
  [NaN, 'NaN'],
  [true, 'true'],
  [null, 'null'],
  [undefined, 'undefined'],
  [10n, '10'],
  [Symbol('x'), 'Symbol(x)'],
  [{ toString: 1 }, 'an object'],
  [Object.create(null), 'an object'],
  [['10.0.0.1'], 'a list'],
  [circular, 'a list'],
  [() => 5, 'a function'],
];
test.each(cases)('quote %#', (value, expected) => {
  expect(quote(value)).toBe(expected);
});

it('cuts what is long', () => {
  expect(quote('a'.repeat(1_000_000))).toBe(`"${'a'.repeat(60)}...`);
});

it('gives short printable text for anything', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (value) =>
      /^[\x20-\x7e]{1,64}$/.test(quote(value)),
    ),
  );
});
