import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ItemSplitter } from '../../src/reflector/wire/items.js';
import { LineSplitter } from '../../src/reflector/wire/lines.js';
import { withoutManagedFields } from '../../src/reflector/wire/managed-fields.js';
import { errorFromEvent, errorFromResponse } from '../../src/reflector/wire/status.js';
import { recordings } from '../../../../test/api-server/index.js';

/** Cuts bytes at the given places. */
function chunksOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
}

function itemsOf(bytes: Buffer, cuts: readonly number[] = []): { items: unknown[]; splitter: ItemSplitter } {
  const splitter = new ItemSplitter(1 << 20);
  const items = chunksOf(bytes, cuts).flatMap((chunk) =>
    [...splitter.push(chunk)].map((item) => item.toString('utf8')),
  );
  return { items: items.map((item) => JSON.parse(item) as unknown), splitter };
}

describe('a list that is cut into items', () => {
  const lists = recordings().filter(({ response }) => response.body?.includes('"items":') === true);
  it.each(lists.map(({ name, response }) => [name, response.body!] as const))(
    '%s: as parsed in one go',
    (_name, body) => {
      const whole = JSON.parse(body) as { items: unknown[]; metadata: { resourceVersion: string; continue?: string } };
      for (const cuts of [[], [1], Array.from({ length: body.length }, (_, index) => index)]) {
        const { items, splitter } = itemsOf(Buffer.from(body), cuts);
        expect(items).toEqual(whole.items);
        expect(splitter.finish()).toEqual({
          resourceVersion: whole.metadata.resourceVersion,
          continue: whole.metadata.continue ?? '',
        });
      }
    },
  );

  it('any list, written in any way, and cut anywhere', () => {
    const object = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ stringUnit: 'grapheme' }));
    fc.assert(
      fc.property(
        fc.array(object),
        fc.nat(),
        fc.constantFrom(undefined, 1, '\t'),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 40 }),
        (items, version, space, itemsFirst, cuts) => {
          const metadata = { resourceVersion: String(version), selfLink: '"items":[' };
          const list = itemsFirst ? { items, metadata } : { kind: 'List', metadata, items, other: [[]] };
          const result = itemsOf(Buffer.from(JSON.stringify(list, null, space)), cuts);
          expect(result.items).toEqual(JSON.parse(JSON.stringify(items)));
          expect(result.splitter.finish().resourceVersion).toBe(String(version));
        },
      ),
    );
  });

  it('null for no items, as Go writes it', () => {
    const { items, splitter } = itemsOf(Buffer.from('{"metadata":{"resourceVersion":"7"},"items":null}'));
    expect(items).toEqual([]);
    expect(splitter.finish().resourceVersion).toBe('7');
  });

  it('never takes a part for the whole', () => {
    const body = Buffer.from('{"metadata":{"resourceVersion":"7"},"items":[{"a":[1]},{"b":"]}"}]}');
    for (let length = 0; length < body.length; length++) {
      const { splitter } = itemsOf(body.subarray(0, length));
      expect(() => splitter.finish(), `after ${length} bytes`).toThrow('malformed');
    }
  });

  it.each([
    '[]',
    '{}',
    '{"items":[]}',
    '{"metadata":{},"items":[]}',
    '{"metadata":{"resourceVersion":"7"}}',
    '{"metadata":{"resourceVersion":"7"},"items":[1]}',
    '{"metadata":{"resourceVersion":"7"},"items":["a"]}',
    '{"metadata":{"resourceVersion":"7"},"items":[[]]}',
    '{"metadata":{"resourceVersion":"7"},"items":[null]}',
    '{"metadata":{"resourceVersion":"7"},"items":[]}}',
    '{"metadata":{"resourceVersion":"7"},"items":[]}{}',
    '{"metadata":{"resourceVersion":"7"},"items":[]]',
    '<html>',
  ])('refuses %s', (body) => {
    expect(() => itemsOf(Buffer.from(body)).splitter.finish()).toThrow(expect.objectContaining({ code: 'bad-list' }));
  });

  it('refuses an item without an end before it fills the memory', () => {
    const splitter = new ItemSplitter(1_000);
    expect([...splitter.push(Buffer.from('{"items":[{"a":"'))]).toEqual([]);
    expect(() => {
      for (let part = 0; part < 11; part++) expect([...splitter.push(Buffer.alloc(100, 'x'))]).toEqual([]);
    }).toThrow(expect.objectContaining({ code: 'too-long' }));
  });

  it('refuses an envelope without an end', () => {
    const splitter = new ItemSplitter(1_000);
    expect(() => {
      for (let part = 0; part < 200; part++) expect([...splitter.push(Buffer.alloc(10_000, ' '))]).toEqual([]);
    }).toThrow(expect.objectContaining({ code: 'bad-list' }));
  });
});

describe('an event or item', () => {
  const managed = (fields: unknown): string => JSON.stringify(fields);
  it.each(
    recordings().flatMap(({ name, response }) => (response.lines ?? []).map(({ line }) => [name, line] as const)),
  )('%s: is read as parsed in one go, but for its managedFields', (_name, line) => {
    const whole = JSON.parse(line) as { object: { kind: string; metadata?: { managedFields?: unknown[] } } };
    const text = withoutManagedFields(Buffer.from(line), 'utf8');
    if (whole.object.metadata?.managedFields) whole.object.metadata.managedFields = [];
    expect(JSON.parse(text)).toEqual(whole);
  });

  it('is left alone where managedFields is something else', () => {
    for (const value of [
      { annotations: { a: managed({ managedFields: [1, 2] }) } },
      { 'x"managedFields': [1, 2] },
      { managedFields: null },
      { managedFields: { a: [] } },
      { managedFields: 'text' },
    ]) {
      const json = JSON.stringify(value);
      expect(withoutManagedFields(Buffer.from(json), 'utf8')).toBe(json);
    }
  });

  it('is left to the parser where it is broken', () => {
    for (const json of ['{"managedFields":[', '{"managedFields":["', '{"managedFields":["\\', '{"managedFields":[[]']) {
      expect(withoutManagedFields(Buffer.from(json), 'latin1')).toBe(json);
    }
  });

  it('any fields in managedFields, in any text', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ stringUnit: 'grapheme' })), fc.jsonValue(), (fields, rest) => {
        const json = JSON.stringify({ metadata: { name: 'ä', managedFields: fields }, rest });
        const before = JSON.parse(json) as { metadata: { managedFields: unknown[] } };
        before.metadata.managedFields = [];
        expect(JSON.parse(withoutManagedFields(Buffer.from(json), 'utf8'))).toEqual(before);
      }),
    );
  });
});

describe('a stream that is cut into lines', () => {
  it('anywhere, also inside a character', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', minLength: 1 }).map((text) => text.replaceAll('\n', '∎'))),
        fc.array(fc.nat(), { maxLength: 40 }),
        (lines, cuts) => {
          const splitter = new LineSplitter(1 << 20);
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const result = chunksOf(bytes, cuts).flatMap((chunk) => [...splitter.push(chunk)].map(String));
          expect(result).toEqual(lines.map((line) => Buffer.from(line).toString('utf8')));
        },
      ),
    );
  });

  it('gives the lines before one that is too long', () => {
    const splitter = new LineSplitter(10);
    const lines: string[] = [];
    expect(() => {
      for (const line of splitter.push(Buffer.from('one\ntwo\nthree and more'))) lines.push(line.toString());
    }).toThrow(expect.objectContaining({ code: 'too-long' }));
    expect(lines).toEqual(['one', 'two']);
  });
});

describe('a refusal', () => {
  const now = Date.parse('2026-11-22T06:00:00Z');
  const body = '{"kind":"Status","message":"slow down","reason":"TooManyRequests","details":{"retryAfterSeconds":7}}';

  it.each([
    ['5', '', 5_000],
    [undefined, body, 7_000],
    ['3', body, 7_000],
    ['30', body, 30_000],
    ['Sun, 22 Nov 2026 06:00:09 GMT', '', 9_000],
    ['Sun, 22 Nov 2020 06:00:09 GMT', '', 0],
    ['soon', '<html>', 0],
  ])('Retry-After %s and body %s', (header, text, expected) => {
    expect(errorFromResponse('GET /x', 429, header, text, now).retryAfterMs).toBe(expected);
  });

  it('quotes what it was told on one line, cut short', () => {
    const error = errorFromResponse('GET /x', 502, undefined, `<html>\n\u001b[31m${'x'.repeat(5_000)}`, now);
    expect(error.message).toMatch(/^GET \/x: the API server answered 502: <html> \[31mx+…$/);
    expect(error.message.length).toBeLessThan(300);
  });

  it.each([null, 7, 'text', {}, { code: 'x', details: null }])('in an event may be anything: %j', (object) => {
    expect(errorFromEvent('watch', object)).toMatchObject({ code: 'api-status', status: 0, versionTooLarge: false });
  });
});
