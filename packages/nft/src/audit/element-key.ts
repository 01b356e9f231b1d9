import { parseAddress } from '@nftproxier/core';
import type { Atom, Expression } from '../syntax/index.js';

const protocolWords: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' };

/** Parts of a key begin at multiples of this. */
const register = 4;

/**
 * A key as nft writes it, from the kernel's bytes: what comes in packets in network order, what nft makes up in the
 * machine's. Undefined where it is of no kind that sets of ours have.
 */
export function keyOf(type: Expression, bytes: Uint8Array, isLittleEndian: boolean): readonly Atom[] | undefined {
  const parts = type.kind === 'concat' ? type.parts : [type];
  const key: Atom[] = [];
  let at = 0;
  for (const part of parts) {
    const length = lengthOf(part);
    if (length === undefined || bytes.length < at + length) return undefined;
    const atom = atomOf(part, bytes.subarray(at, at + length), isLittleEndian);
    if (atom === undefined) return undefined;
    key.push(atom);
    at += Math.ceil(length / register) * register;
  }
  return key;
}

function lengthOf(part: Expression): number | undefined {
  if (part.kind === 'numgen') return 4;
  if (part.kind === 'meta' && part.key === 'l4proto') return 1;
  if (part.kind !== 'payload') return undefined;
  if (part.protocol === 'ip') return 4;
  if (part.protocol === 'ip6') return 16;
  return part.field === 'dport' || part.field === 'sport' ? 2 : undefined;
}

function atomOf(part: Expression, bytes: Uint8Array, isLittleEndian: boolean): Atom | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (part.kind === 'numgen') return view.getUint32(0, isLittleEndian);
  if (bytes.length === 1) {
    const number = view.getUint8(0);
    return protocolWords[number] ?? number;
  }
  if (bytes.length === 2) return view.getUint16(0);
  if (bytes.length === 4) return [...bytes].join('.');
  return parseAddress(Array.from({ length: 8 }, (_, index) => view.getUint16(2 * index).toString(16)).join(':'));
}
