import { ReflectorError } from '../errors.js';

const newline = 0x0a;

/**
 * Cuts a stream of bytes into lines. Works on bytes, so a chunk may end inside a character. What follows the last
 * newline is kept for the next chunk; if none comes, it was half a line and is forgotten.
 */
export class LineSplitter {
  readonly #limit: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  /** Lines longer than `limit` bytes end the stream with a `too-long` error, before they fill the memory. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = this.#complete(chunk.subarray(start, end));
      start = end + 1;
      if (line.length > 0) yield line;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  #complete(tail: Buffer): Buffer {
    if (this.#pendingBytes === 0) return tail;
    this.#keep(tail);
    const line = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    return line;
  }

  #keep(part: Buffer): void {
    this.#pending.push(part);
    this.#pendingBytes += part.length;
    if (this.#pendingBytes <= this.#limit) return;
    this.#pending = [];
    this.#pendingBytes = 0;
    throw new ReflectorError('too-long', `a line of the watch is longer than ${String(this.#limit)} bytes`);
  }
}
