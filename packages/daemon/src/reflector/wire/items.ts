import { ReflectorError } from '../errors.js';

/** What a list says besides its items. */
export interface ListEnvelope {
  readonly resourceVersion: string;
  /** The token of the next page; empty after the last. */
  readonly continue: string;
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const itemsKey = /(?:^|[^\\])"items"\s*:\s*$/;

/** 1 for the bytes given, 0 for all others. */
function tableOf(...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (bytes.includes(byte) ? 1 : 0));
}
const structural = tableOf(quote, openBrace, closeBrace, openBracket, closeBracket);
const betweenItems = tableOf(0x20, 0x09, 0x0a, 0x0d, 0x2c);

/** Metadata and the like; a real one takes a few hundred bytes. */
const envelopeLimit = 1 << 20;

/**
 * Cuts the body of a list, as it arrives, into its items, so that a large list is never in memory as a whole and never
 * parsed in one go. Everything but the items is the envelope, which is parsed at the end, whatever the order of keys.
 */
export class ItemSplitter {
  readonly #itemLimit: number;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inItems = false;
  #closed = false;
  #envelope = '';
  #item: Buffer[] = [];
  #itemBytes = 0;

  /** Items longer than `itemLimit` bytes end the list with a `too-long` error. */
  constructor(itemLimit: number) {
    this.#itemLimit = itemLimit;
  }

  /** The items completed by `chunk`, as the bytes of one JSON object each. */
  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let depth = this.#depth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    // Where the part of the current item, or of the envelope, begins in this chunk.
    let start = 0;
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
        continue;
      }
      if (this.#inItems && depth === 2) {
        if (betweenItems[byte] === 1) continue;
        if (byte === openBrace) start = index;
        else if (byte !== closeBracket) throw malformed('an item is not an object');
      }
      // Most bytes outside of strings are digits, commas, colons and letters of true and null.
      if (structural[byte] === 0) continue;
      if (byte === quote) {
        inString = true;
      } else if (byte === openBrace || byte === openBracket) {
        if (byte === openBracket && depth === 1 && !this.#inItems && this.#beginsItems(chunk, start, index)) {
          this.#keepEnvelope(chunk, start, index + 1);
          this.#inItems = true;
        }
        depth++;
      } else {
        depth--;
        if (this.#inItems && depth === 2) {
          yield this.#completeItem(chunk.subarray(start, index + 1));
        } else if (this.#inItems && depth === 1) {
          this.#inItems = false;
          start = index;
        } else if (depth === 0) {
          this.#closed = true;
        } else if (depth < 0) {
          throw malformed('brackets do not match');
        }
      }
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    if (!this.#inItems) this.#keepEnvelope(chunk, start, chunk.length);
    else if (depth > 2) this.#keepItem(chunk.subarray(start));
  }

  /** To be called after the last chunk. Throws `bad-list` when the body was not a complete list. */
  finish(): ListEnvelope {
    if (!this.#closed) throw malformed('the body ends early');
    let envelope: { metadata?: { resourceVersion?: unknown; continue?: unknown }; items?: unknown };
    try {
      envelope = JSON.parse(this.#envelope) as typeof envelope;
    } catch (cause) {
      throw malformed('the body is not JSON', cause);
    }
    const { resourceVersion, continue: token } = envelope.metadata ?? {};
    if (typeof resourceVersion !== 'string' || resourceVersion === '') {
      throw malformed('metadata.resourceVersion is missing');
    }
    // Go writes an empty list of items as null; no such key at all is another kind of object.
    if (envelope.items === undefined) throw malformed('items is missing');
    return { resourceVersion, continue: typeof token === 'string' ? token : '' };
  }

  #beginsItems(chunk: Buffer, start: number, index: number): boolean {
    return itemsKey.test(this.#envelope + chunk.toString('utf8', start, index));
  }

  #keepEnvelope(chunk: Buffer, start: number, end: number): void {
    // A character outside ASCII that two chunks share is garbled here; no field that is read can contain one.
    this.#envelope += chunk.toString('utf8', start, end);
    if (this.#envelope.length > envelopeLimit) throw malformed('the list has more than metadata and items');
  }

  #keepItem(part: Buffer): void {
    this.#item.push(part);
    this.#itemBytes += part.length;
    if (this.#itemBytes > this.#itemLimit) {
      throw new ReflectorError('too-long', `an item of the list is longer than ${String(this.#itemLimit)} bytes`);
    }
  }

  #completeItem(tail: Buffer): Buffer {
    if (this.#itemBytes === 0) return tail;
    this.#keepItem(tail);
    const item = Buffer.concat(this.#item);
    this.#item = [];
    this.#itemBytes = 0;
    return item;
  }
}

function malformed(problem: string, cause?: unknown): ReflectorError {
  return new ReflectorError('bad-list', `the body of the list is malformed: ${problem}`, { cause });
}
