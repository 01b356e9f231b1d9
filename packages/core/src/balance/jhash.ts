/**
 * The kernel's Jenkins hash (`jhash()` of linux/jhash.h) of some bytes, scaled to `[0, mod)` as nft's `jhash … mod` does.
 * As on little-endian machines, that is on amd64 and arm64; a kernel test compares it with the kernel's own.
 */
export function jhash(bytes: readonly number[], mod: number, seed: number): number {
  const start = (0xdeadbeef + bytes.length + seed) | 0;
  const state: State = { a: start, b: start, c: start };
  let offset = 0;
  for (; bytes.length - offset > 12; offset += 12) {
    absorb(state, bytes, offset);
    mix(state);
  }
  if (bytes.length > offset) {
    absorb(state, bytes, offset);
    finish(state);
  }
  return Number((BigInt(state.c >>> 0) * BigInt(mod)) >> 32n);
}

interface State {
  a: number;
  b: number;
  c: number;
}

function absorb(state: State, bytes: readonly number[], offset: number): void {
  state.a = (state.a + word(bytes, offset)) | 0;
  state.b = (state.b + word(bytes, offset + 4)) | 0;
  state.c = (state.c + word(bytes, offset + 8)) | 0;
}

function word(bytes: readonly number[], offset: number): number {
  const byte = (index: number): number => bytes[offset + index] ?? 0;
  return byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24);
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function mix(state: State): void {
  let { a, b, c } = state;
  a = ((a - c) | 0) ^ rotate(c, 4);
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ rotate(a, 6);
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ rotate(b, 8);
  b = (b + a) | 0;
  a = ((a - c) | 0) ^ rotate(c, 16);
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ rotate(a, 19);
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ rotate(b, 4);
  b = (b + a) | 0;
  Object.assign(state, { a, b, c });
}

function finish(state: State): void {
  let { a, b, c } = state;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  Object.assign(state, { a, b, c });
}
