import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { addressOfBytes, collapse, contains, familyOf, lengthOf, parseCidr, widthOf } from '@nftproxier/core';
import type { Cidr } from '@nftproxier/core';

const cidr = (text: string): Cidr => parseCidr(text)!;

describe('parseCidr', () => {
  const accepted: [string, string, string][] = [
    ['as it is', '10.96.0.0/16', '10.96.0.0/16'],
    ['host bits are cleared', '10.96.3.4/16', '10.96.0.0/16'],
    ['not at a byte', '10.96.255.255/20', '10.96.240.0/20'],
    ['everything', '1.2.3.4/0', '0.0.0.0/0'],
    ['one address', '192.0.2.1/32', '192.0.2.1/32'],
    ['white space around', ' 192.0.2.0/24\n', '192.0.2.0/24'],
    ['leading zeros', '010.0.0.0/008', '10.0.0.0/8'],
    ['IPv6', '2001:DB8::1/32', '2001:db8::/32'],
    ['all of IPv6', '::/0', '::/0'],
    ['IPv6, not at a byte', 'fd00::ffff/115', 'fd00::e000/115'],
    ['IPv4-mapped', '::ffff:10.1.2.3/104', '10.0.0.0/8'],
  ];
  test.each(accepted)('%s: %s is %s', (_, text, canonical) => {
    expect(parseCidr(text)).toBe(canonical);
  });

  const refused: [string, unknown][] = [
    ['an address', '10.0.0.1'],
    ['a prefix too long', '10.0.0.0/33'],
    ['a prefix too long', 'fd00::/129'],
    ['a mapped prefix that is more than IPv4', '::ffff:10.0.0.0/8'],
    ['a negative length', '10.0.0.0/-1'],
    ['no length', '10.0.0.0/'],
    ['two lengths', '10.0.0.0/8/8'],
    ['a mask', '10.0.0.0/255.0.0.0'],
    ['a short form', '10/8'],
    ['a space inside', '10.0.0.0 /8'],
    ['nothing', ''],
    ['a number', 8],
    ['null', null],
    ['a list', ['10.0.0.0/8']],
  ];
  test.each(refused)('%s is not a prefix: %j', (_, value) => {
    expect(parseCidr(value)).toBeUndefined();
  });

  it('never throws, and what it returns it reads as itself', () => {
    const nearly = fc
      .tuple(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), fc.nat(130))
      .map(([a, b]) => `${a}/${String(b)}`);
    fc.assert(
      fc.property(fc.oneof(fc.anything(), nearly), (value) => {
        const parsed = parseCidr(value);
        if (parsed !== undefined) expect(parseCidr(parsed)).toBe(parsed);
      }),
    );
  });
});

describe('contains', () => {
  const cases: [string, string, boolean][] = [
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.0.0.0/8', '10.0.0.0/7', false],
    ['10.0.0.0/8', '10.128.0.0/9', true],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '10.0.0.1', false],
    ['fd00::/115', 'fd00::1fff', true],
    ['fd00::/115', 'fd00::2000', false],
    ['0.0.0.0/0', 'localhost', false],
  ];
  test.each(cases)('%s contains %s: %s', (outer, inner, expected) => {
    expect(contains(cidr(outer), inner)).toBe(expected);
  });
});

describe('collapse', () => {
  const cases: [string, string[], string[]][] = [
    ['nothing', [], []],
    ['duplicates', ['10.0.0.0/8', '10.9.9.9/8'], ['10.0.0.0/8']],
    ['nested', ['10.1.0.0/16', '10.0.0.0/8', '10.1.2.0/24'], ['10.0.0.0/8']],
    ['neighbours stay', ['10.0.0.0/9', '10.128.0.0/9'], ['10.0.0.0/9', '10.128.0.0/9']],
    ['everything', ['192.0.2.1/32', '0.0.0.0/0'], ['0.0.0.0/0']],
    ['families apart', ['0.0.0.0/0', 'fd00::1/128', 'fd00::/8'], ['0.0.0.0/0', 'fd00::/8']],
    ['sorted by text', ['9.0.0.0/8', '10.0.0.0/8'], ['10.0.0.0/8', '9.0.0.0/8']],
  ];
  test.each(cases)('%s', (_, cidrs, expected) => {
    expect(collapse(cidrs.map(cidr))).toEqual(expected);
  });

  // Few distinct bits, so that prefixes meet: the first byte of IPv4, the last of IPv6.
  const someCidr = fc
    .record({ isIPv4: fc.boolean(), byte: fc.integer({ min: 0, max: 255 }), length: fc.integer({ min: 0, max: 8 }) })
    .map(({ isIPv4, byte, length }) =>
      isIPv4
        ? cidr(`${String(byte)}.0.0.0/${String(length)}`)
        : cidr(`fd00::${byte.toString(16)}/${String(120 + length)}`),
    );
  const everyAddress = Array.from({ length: 64 }, (_, index) => index * 4 + (index % 4)).flatMap((byte) => [
    addressOfBytes([byte, 1, 2, 3]),
    addressOfBytes([0xfd, ...new Array<number>(14).fill(0), byte]),
  ]);
  const covered = (cidrs: readonly Cidr[]) =>
    everyAddress.filter((address) => cidrs.some((each) => contains(each, address)));

  it('covers the same addresses, and no prefix lies in another', () => {
    fc.assert(
      fc.property(fc.array(someCidr, { maxLength: 12 }), (cidrs) => {
        const collapsed = collapse(cidrs);
        expect(covered(collapsed)).toEqual(covered(cidrs));
        expect(collapsed.filter((a) => collapsed.some((b) => a !== b && contains(a, b)))).toEqual([]);
        expect(new Set(collapsed).size).toBe(collapsed.length);
        expect(cidrs).toEqual(expect.arrayContaining([...collapsed]));
      }),
      { numRuns: 50 },
    );
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(fc.array(someCidr, { maxLength: 12 }), (cidrs) => {
        expect(collapse([...cidrs].reverse())).toEqual(collapse(cidrs));
      }),
    );
  });
});

test('lengthOf and widthOf', () => {
  expect(lengthOf(cidr('10.0.0.0/12'))).toBe(12);
  expect(widthOf(familyOf('fd00::1'))).toBe(128);
});
