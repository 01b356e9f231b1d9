import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeReader, EventFormatError, mostKeys } from '../../src/events/index.js';
import type { TableChange } from '../../src/events/index.js';
import { attribute, bytes, elementMessage, message, newGeneration, objectMessage } from './messages.js';

const own = 100;
const reader = (): ChangeReader =>
  new ChangeReader({ tables: ['nftproxier', 'nftproxier-2'], isOwn: (pid) => pid === own, isLittleEndian: true });
const read = (...pieces: readonly Uint8Array[]): readonly TableChange[] => {
  const one = reader();
  return pieces.flatMap((piece) => [...one.read(piece)]);
};

const key = Uint8Array.of(10, 0, 0, 1);
const structural = {
  table: 'nftproxier',
  by: 'nft',
  isDeleted: false,
  isStructural: true,
  hasMore: false,
  elements: new Map(),
};

describe('a reader of changes', () => {
  it.each([
    ['an element is added', elementMessage(12, 'nftproxier', 's', key)],
    ['an element is deleted', elementMessage(14, 'nftproxier', 's', key)],
  ])('tells where %s', (_, sent) => {
    const elements = new Map([['s', [key]]]);
    expect(read(bytes(sent, newGeneration()))).toEqual([{ ...structural, isStructural: false, elements }]);
  });

  it.each([3, 5, 6, 8, 9, 11, 18, 20, 22, 24, 0])('tells of anything else: message type %i', (type) => {
    expect(read(bytes(objectMessage(type, 'nftproxier'), newGeneration()))).toEqual([structural]);
  });

  it('tells that the table is gone, unless the same transaction makes it again', () => {
    const [gone, made] = [objectMessage(2, 'nftproxier'), objectMessage(0, 'nftproxier')];
    expect(read(bytes(gone, newGeneration()))).toEqual([{ ...structural, isDeleted: true }]);
    expect(read(bytes(gone, made, newGeneration()))).toEqual([structural]);
  });

  it('tells of each table once for each transaction', () => {
    const one = [objectMessage(3, 'nftproxier'), objectMessage(6, 'nftproxier-2'), objectMessage(6, 'nftproxier')];
    const changes = read(bytes(...one, newGeneration(), ...one, newGeneration()));
    expect(changes.map(({ table }) => table)).toEqual(['nftproxier', 'nftproxier-2', 'nftproxier', 'nftproxier-2']);
  });

  it.each([
    ['ours', bytes(objectMessage(2, 'nftproxier', own), newGeneration(own))],
    ['of another table', bytes(objectMessage(2, 'firewalld'), newGeneration())],
    ['of another family', bytes(objectMessage(2, 'nftproxier', 4711, 2), newGeneration())],
    [
      'not of nftables',
      (() => {
        const other = message({ type: 2, attributes: attribute(1, 'nftproxier') });
        other[5] = 1;
        return bytes(other, newGeneration());
      })(),
    ],
    ['without a table', bytes(message({ type: 2 }), newGeneration())],
  ])('tells nothing of what is %s', (_, sent) => {
    expect(read(sent)).toEqual([]);
  });

  it('names at most so many elements, and says that there are more', () => {
    const many = Array.from({ length: mostKeys + 1 }, () => elementMessage(12, 'nftproxier', 's', key));
    const [change] = read(bytes(...many, newGeneration()));
    expect([change?.elements.get('s')?.length, change?.hasMore]).toEqual([mostKeys, true]);
    const unnamed = message({
      type: 14,
      attributes: bytes(attribute(1, 'nftproxier'), attribute(2, 's'), attribute(3, attribute(1, new Uint8Array(0)))),
    });
    expect(read(bytes(unnamed, newGeneration()))).toMatchObject([{ hasMore: true }]);
  });

  it('takes the name of a program for what it is: anything', () => {
    const [change] = read(bytes(objectMessage(3, 'nftproxier'), newGeneration(1, '\u001b[31m"x"\n and more of it')));
    expect(change?.by).toBe('?[31m"x"??and?mo');
  });

  it('reads the same in whatever pieces it comes', () => {
    const sent = bytes(
      elementMessage(12, 'nftproxier', 's', key),
      newGeneration(),
      objectMessage(2, 'nftproxier', own),
      newGeneration(own),
      objectMessage(2, 'nftproxier-2'),
      newGeneration(4711, 'firewalld'),
    );
    const whole = read(sent);
    expect(whole).toHaveLength(2);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: sent.length }), { maxLength: 20 }), (cuts) => {
        const ends = [0, ...cuts.toSorted((a, b) => a - b), sent.length];
        const pieces = ends.slice(1).map((end, index) => sent.slice(ends[index], end));
        expect(read(...pieces)).toEqual(whole);
      }),
    );
  });

  it('reads the same where what it was given is used again', () => {
    const sent = bytes(elementMessage(12, 'nftproxier', 's', key), newGeneration());
    const buffer = new Uint8Array(7);
    const one = reader();
    const changes: TableChange[] = [];
    for (let at = 0; at < sent.length; at += buffer.length) {
      const piece = buffer.subarray(0, Math.min(buffer.length, sent.length - at));
      piece.set(sent.subarray(at, at + piece.length));
      changes.push(...one.read(piece));
      buffer.fill(0xff);
    }
    expect(changes).toEqual(read(sent));
  });

  it('ends, and either understands or says that it does not, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (pieces) => {
        try {
          read(...pieces);
        } catch (error) {
          expect(error).toBeInstanceOf(EventFormatError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('survives any change of any byte of what the kernel sends', () => {
    const sent = bytes(elementMessage(12, 'nftproxier', 's', key), objectMessage(2, 'nftproxier'), newGeneration());
    fc.assert(
      fc.property(fc.nat({ max: sent.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const broken = sent.slice();
        broken[at] = value;
        try {
          read(broken);
        } catch (error) {
          expect(error).toBeInstanceOf(EventFormatError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([0, 15, 65_537, 0xffff_ffff])('says that a message of %i bytes is none', (length) => {
    const sent = message({ type: 2 });
    new DataView(sent.buffer).setUint32(0, length, true);
    expect(() => read(sent)).toThrow(EventFormatError);
  });
});
