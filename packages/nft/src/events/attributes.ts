import { EventFormatError } from './message.js';

/** The two highest bits say how an attribute is coded. */
const typeBits = 0x3fff;

/** The attributes (`nlattr`) in a message, or in another attribute. Throws {@link EventFormatError}. */
export function* attributesIn(
  bytes: Uint8Array,
  isLittleEndian: boolean,
): Generator<readonly [type: number, value: Uint8Array]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; bytes.length - at >= 4;) {
    const length = view.getUint16(at, isLittleEndian);
    if (length < 4 || length > bytes.length - at) throw new EventFormatError('the kernel sent half an attribute');
    yield [view.getUint16(at + 2, isLittleEndian) & typeBits, bytes.subarray(at + 4, at + length)];
    at += (length + 3) & ~3;
  }
}

/** The first attribute of a type, if there is one. */
export function attributeIn(bytes: Uint8Array, wanted: number, isLittleEndian: boolean): Uint8Array | undefined {
  for (const [type, value] of attributesIn(bytes, isLittleEndian)) if (type === wanted) return value;
  return undefined;
}

/** A string, without the zero that ends it. */
export function textOf(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return '';
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, 256)));
}
