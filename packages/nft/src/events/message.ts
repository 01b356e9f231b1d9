/** What the kernel sends is not what it should be: it cannot be known where the next message begins. */
export class EventFormatError extends Error {
  override readonly name = 'EventFormatError';
  readonly code = 'EVENT_FORMAT';
}

/** A message of nftables, as the kernel multicasts it. */
export interface NftMessage {
  /** One of {@link messageTypes}, or another one. */
  readonly type: number;
  /** The port of the socket that asked for what it tells of: its process's id in that process's namespace, as a rule. */
  readonly pid: number;
  /** The family of the table: 1 is `inet`. */
  readonly family: number;
  /** Its attributes, to be read before the next message is. */
  readonly attributes: Uint8Array;
}

/** Types of messages that change a ruleset, by `NFT_MSG_…` of Linux. */
export const messageTypes = {
  newTable: 0,
  deleteTable: 2,
  newElements: 12,
  deleteElements: 14,
  newGeneration: 15,
} as const;

/** `nlmsghdr`, and with it `nfgenmsg`. */
const [headerLength, familyAt, attributesAt] = [16, 16, 20];
/** NFNL_SUBSYS_NFTABLES */
const subsystem = 10;
/** Longer messages than the largest datagram are none. */
const longest = 65_536;

/** Cuts what comes out of the socket into messages, in whatever pieces it comes. */
export class MessageReader {
  readonly #isLittleEndian: boolean;
  #rest: Uint8Array = new Uint8Array(0);

  /** @param isLittleEndian how this machine writes numbers: headers have its byte order. */
  constructor(isLittleEndian: boolean) {
    this.#isLittleEndian = isLittleEndian;
  }

  /**
   * The messages of nftables that are complete with this piece. All of them have to be taken before the next piece.
   *
   * @throws {@link EventFormatError}; nothing can be read afterwards.
   */
  *read(piece: Uint8Array): Generator<NftMessage> {
    const bytes = joined(this.#rest, piece);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (bytes.length - at >= headerLength) {
      const length = view.getUint32(at, this.#isLittleEndian);
      if (length < headerLength || length > longest) {
        throw new EventFormatError(`the kernel sent a message of ${String(length)} bytes`);
      }
      if (bytes.length - at < length) break;
      const type = view.getUint16(at + 4, this.#isLittleEndian);
      if (type >> 8 === subsystem && length >= attributesAt) {
        yield {
          type: type & 0xff,
          pid: view.getUint32(at + 12, this.#isLittleEndian),
          family: bytes[at + familyAt] ?? 0,
          attributes: bytes.subarray(at + attributesAt, at + length),
        };
      }
      at += (length + 3) & ~3;
    }
    // A copy: what Node read it into is used again.
    this.#rest = bytes.slice(Math.min(at, bytes.length));
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
