import { describe, expect, it } from 'vitest';
import { renderTransaction } from '../../src/render/index.js';
import { explain, NftRefusedError, parseRefusals } from '../../src/run/index.js';
import type { Transaction } from '../../src/syntax/index.js';

const transaction: Transaction = {
  table: 't',
  operations: [
    { op: 'add-table' },
    {
      op: 'add-elements',
      set: 'm',
      elements: [
        { key: ['10.0.0.1'], value: { kind: 'drop' } },
        { key: ['10.0.0.2'], value: { kind: 'drop' } },
      ],
      owner: 'default/web',
    },
  ],
};

describe('complaints of nft', () => {
  it.each([
    ['Could not process rule: File exists', 'exists'],
    ['interval overlaps with an existing one', 'exists'],
    ['conflicting intervals specified', 'exists'],
    ['Could not process rule: No such file or directory', 'not-found'],
    ['No such file or directory; did you mean chain ‘c2’ in table inet ‘t’?', 'not-found'],
    ['element does not exist', 'not-found'],
    ['Could not process rule: Device or resource busy', 'busy'],
    ['Could not process rule: Too many links', 'loop'],
    ['Could not process rule: Too many open files in system', 'set-full'],
    ['Could not process rule: Operation not supported', 'not-supported'],
    ['Could not process rule: Message too long', 'too-long'],
    ['Could not process rule: No buffer space available', 'no-buffer'],
    ['Could not process rule: Cannot allocate memory', 'no-memory'],
    ['Could not process rule: Numerical result out of range', 'other'],
    ['Could not process rule: Invalid argument', 'invalid'],
    ["syntax error, unexpected '}'", 'invalid'],
    ['datatype mismatch, expected IPv6 address, expression has type IPv4 address', 'invalid'],
  ])('%s: %s', (message, reason) => {
    expect(parseRefusals(`/dev/stdin:3:1-19: Error: ${message}\nsome text\n^^^^\n`)).toEqual([
      { reason, message, position: { line: 3, column: 1, endColumn: 19 } },
    ]);
  });

  it('are put in the order of the lines, those without a line last', () => {
    const text = [
      'netlink: Error: Could not process rule: Message too long',
      '/dev/stdin:11:1-19: Error: Could not process rule: File exists',
      'add table',
      '^^^',
      '/dev/stdin:8:1-19: Error: Could not process rule: Device or resource busy',
    ].join('\n');
    expect(parseRefusals(text).map(({ reason }) => reason)).toEqual(['busy', 'exists', 'too-long']);
  });

  it('in other words are kept', () => {
    expect(parseRefusals('something went wrong\n')).toEqual([{ reason: 'invalid', message: 'something went wrong' }]);
    expect(parseRefusals('')).toEqual([{ reason: 'other', message: 'nft failed without a message' }]);
  });
});

describe('explaining a refusal', () => {
  const rendered = renderTransaction(transaction);
  const refuse = (text: string): NftRefusedError => explain(new NftRefusedError(parseRefusals(text)), rendered);

  it('finds the statement and its owner', () => {
    expect(refuse('/dev/stdin:4:1-8: Error: Could not process rule: File exists\n')).toMatchObject({
      owner: 'default/web',
      reason: 'exists',
      refusals: [
        {
          at: { operation: 1, element: 1, owner: 'default/web' },
          statement: 'add element inet t m { 10.0.0.2 : drop }',
        },
      ],
      message:
        'nft refused add element inet t m { 10.0.0.2 : drop }, made for "default/web": Could not process rule: File exists',
    });
  });

  it('leaves lines alone that are not there', () => {
    expect(refuse('/dev/stdin:99:1-8: Error: Could not process rule: File exists\n')).toMatchObject({
      owner: undefined,
      message: 'nft refused line 99: Could not process rule: File exists',
    });
    expect(refuse('netlink: Error: Could not process rule: Message too long\n')).toMatchObject({ reason: 'too-long' });
  });

  it('counts further complaints', () => {
    const words = 'Error: Could not process rule: File exists';
    expect(refuse(`/dev/stdin:3:1-8: ${words}\n/dev/stdin:4:1-8: ${words}\n`).message).toContain('(and 1 more)');
  });
});
