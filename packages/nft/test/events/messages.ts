/** What the kernel of a little-endian machine would send. */
export interface Sent {
  readonly type: number;
  readonly pid?: number;
  readonly family?: number;
  readonly attributes?: Uint8Array;
}

/** An attribute, padded. */
export function attribute(type: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(`${value}\0`) : value;
  const whole = new Uint8Array((4 + bytes.length + 3) & ~3);
  new DataView(whole.buffer).setUint16(0, 4 + bytes.length, true);
  new DataView(whole.buffer).setUint16(2, type, true);
  whole.set(bytes, 4);
  return whole;
}

export function bytes(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** A message of nftables. */
export function message({ type, pid = 4711, family = 1, attributes = new Uint8Array(0) }: Sent): Uint8Array {
  const whole = new Uint8Array(20 + attributes.length);
  const view = new DataView(whole.buffer);
  view.setUint32(0, whole.length, true);
  view.setUint16(4, 0x0a00 | type, true);
  view.setUint32(12, pid, true);
  whole[16] = family;
  whole.set(attributes, 20);
  return whole;
}

export const newGeneration = (pid = 4711, program = 'nft'): Uint8Array =>
  message({ type: 15, pid, family: 0, attributes: bytes(attribute(1, new Uint8Array(4)), attribute(3, program)) });

/** An element that is added (12) or deleted (14). */
export function elementMessage(type: 12 | 14, table: string, set: string, key: Uint8Array, pid = 4711): Uint8Array {
  const element = attribute(0x8001, attribute(0x8001, attribute(1, key)));
  return message({ type, pid, attributes: bytes(attribute(1, table), attribute(2, set), attribute(0x8003, element)) });
}

export const objectMessage = (type: number, table: string, pid = 4711, family = 1): Uint8Array =>
  message({ type, pid, family, attributes: attribute(1, table) });
