import { isIP, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { addressOfBytes, bytesOf, familyOf, parseAddress, scopeOf } from '@nftproxier/core';

describe('parseAddress', () => {
  const accepted: [string, string, string][] = [
    ['IPv4', '10.96.0.1', '10.96.0.1'],
    ['leading zeros are decimal', '010.001.002.003', '10.1.2.3'],
    ['many leading zeros', '0000000010.0.0.1', '10.0.0.1'],
    ['not octal', '192.0.2.077', '192.0.2.77'],
    ['all ones', '255.255.255.255', '255.255.255.255'],
    ['IPv6 in full', '2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['upper case', '2001:DB8::AB', '2001:db8::ab'],
    ['the longest run of zeros is shortened', '1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['of two longest runs the first', '2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['one zero is not shortened', '2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['a gap for one group', '1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['nothing but a gap', '::', '::'],
    ['gap at the end', 'fd00::', 'fd00::'],
    ['IPv4-mapped', '::ffff:10.0.0.1', '10.0.0.1'],
    ['IPv4-mapped, leading zeros', '::ffff:010.0.0.1', '10.0.0.1'],
    ['IPv4-mapped in hexadecimal', '::ffff:a00:1', '10.0.0.1'],
    ['IPv4-mapped without a gap', '0:0:0:0:0:FFFF:10.0.0.1', '10.0.0.1'],
    ['dotted, but not mapped', '64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['IPv4-compatible is not IPv4', '::10.0.0.1', '::a00:1'],
    ['IPv4-translated is not IPv4', '::ffff:0:10.0.0.1', '::ffff:0:a00:1'],
  ];
  test.each(accepted)('%s: %s is %s', (_, text, canonical) => {
    expect(parseAddress(text)).toBe(canonical);
  });

  const refused: [string, unknown][] = [
    ['nothing', ''],
    ['a blank', ' '],
    ['white space before', ' 10.0.0.1'],
    ['white space after', '10.0.0.1 '],
    ['a line feed after', '10.0.0.1\n'],
    ['a short form', '10.1'],
    ['one number', '167772161'],
    ['hexadecimal', '0x0a.0.0.1'],
    ['five numbers', '10.0.0.1.2'],
    ['a number too large', '10.0.0.256'],
    ['a sign', '10.0.0.-1'],
    ['an exponent', '1e1.0.0.1'],
    ['digits of another script', '١٠.0.0.1'],
    ['a prefix', '10.0.0.0/8'],
    ['a port', '10.0.0.1:80'],
    ['a host name', 'localhost'],
    ['a zone', 'fe80::1%eth0'],
    ['brackets', '[::1]'],
    ['two gaps', '1::2::3'],
    ['three colons', ':::'],
    ['a gap for nothing', '1:2:3:4::5:6:7:8'],
    ['nine groups', '1:2:3:4:5:6:7:8:9'],
    ['seven groups', '1:2:3:4:5:6:7'],
    ['five digits', '12345::'],
    ['a colon at the start', ':1:2:3:4:5:6:7'],
    ['a colon at the end', '1:2:3:4:5:6:7:'],
    ['dots before the end', '10.0.0.1::'],
    ['dots in the middle', '::10.0.0.1:1'],
    ['three numbers at the end', '::ffff:10.0.1'],
    ['an end too large', '::ffff:10.0.0.256'],
    ['too long', `${'0'.repeat(64)}10.0.0.1`],
    ['a number', 10],
    ['null', null],
    ['undefined', undefined],
    ['a list', ['10.0.0.1']],
    ['an object that is text', { toString: () => '10.0.0.1' }],
    ['a String', Object('10.0.0.1')],
    ['a statement of nft', '10.0.0.1 }; flush ruleset'],
  ];
  test.each(refused)('%s is not an address: %j', (_, value) => {
    expect(parseAddress(value)).toBeUndefined();
  });

  it('never throws, and what it returns it reads as itself', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), fc.ipV4Extended(), fc.ipV6(), nearlyIPv6), (value) => {
        const address = parseAddress(value);
        if (address === undefined) return;
        expect(isIP(address)).toBe(familyOf(address) === 'IPv4' ? 4 : 6);
        expect(parseAddress(address)).toBe(address);
      }),
    );
  });

  it('accepts the IPv6 addresses that Node accepts, and no others', () => {
    // A dotted end with leading zeros is the one difference: Kubernetes reads it, Node does not.
    fc.assert(
      fc.property(fc.oneof(nearlyIPv6, fc.ipV6()), (text) => {
        if (/[.:]0\d+\.|\.0\d/.test(text)) return;
        expect(parseAddress(text) !== undefined).toBe(isIPv6(text));
      }),
      { numRuns: 2000 },
    );
  });
});

const nearlyIPv6 = fc
  .array(fc.constantFrom(':', ':', ':', '::', '.', '0', '1', 'f', 'ab', 'ffff', '10.0.0.1', '00'), {
    minLength: 1,
    maxLength: 16,
  })
  .map((parts) => parts.join(''))
  .filter((text) => text.includes(':'));

describe('bytesOf and addressOfBytes', () => {
  it('are each other’s inverse', () => {
    const bytes = (length: number) =>
      fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })), { minLength: length, maxLength: length });
    fc.assert(
      fc.property(fc.oneof(bytes(4), bytes(16)), (value) => {
        const address = addressOfBytes(value);
        expect(bytesOf(address)).toEqual(value);
      }),
    );
  });

  it('has no bytes for a text that is not an address', () => {
    expect(bytesOf('localhost')).toEqual([]);
    expect(bytesOf('fe80::1%eth0')).toEqual([]);
  });
});

describe('scopeOf', () => {
  const scopes: [string, string][] = [
    ['10.0.0.1', 'unicast'],
    ['8.8.8.8', 'unicast'],
    ['0.0.0.0', 'unspecified'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['169.253.0.1', 'unicast'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'unicast'],
    ['255.255.255.254', 'unicast'],
    ['255.255.255.255', 'reserved'],
    ['fd00::1', 'unicast'],
    ['2001:db8::1', 'unicast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['fe80::1', 'link-local'],
    ['febf:ffff::1', 'link-local'],
    ['fec0::1', 'unicast'],
    ['ff02::1', 'multicast'],
    ['::10.0.0.1', 'reserved'],
    ['::2', 'reserved'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:169.254.1.1', 'link-local'],
    ['0177.0.0.1', 'unicast'],
  ];
  test.each(scopes)('%s is %s', (text, scope) => {
    expect(scopeOf(parseAddress(text)!)).toBe(scope);
  });
});
