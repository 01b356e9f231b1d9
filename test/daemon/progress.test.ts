import { describe, expect, it } from 'vitest';
import { progressOn } from '../../packages/daemon/src/commands/progress.js';

function terminal(columns: number) {
  let text = '';
  return { isTTY: true, columns, write: (part: string) => (text += part), read: () => text };
}

describe('progress', () => {
  it('is one line of a terminal, which is cleared at the end', () => {
    const stream = terminal(12);
    const { progress } = progressOn(stream, { TERM: 'xterm' });
    progress!(undefined);
    expect(stream.read()).toBe('');
    progress!('reading services4 and more');
    progress!('done soon');
    progress!(undefined);
    progress!(undefined);
    expect(stream.read()).toBe('\r\u001b[Kreading ser\r\u001b[Kdone soon\r\u001b[K');
  });

  it('is for terminals alone', () => {
    expect(progressOn({ write: () => undefined }, {})).toEqual({});
    expect(progressOn({ isTTY: false, write: () => undefined }, {})).toEqual({});
    expect(progressOn(terminal(80), { TERM: 'dumb' })).toEqual({});
  });
});
