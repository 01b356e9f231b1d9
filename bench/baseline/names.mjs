import { createHash } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Longest name of a chain, less the longest prefix. */
const longest = 240;

/**
 * A name as kube-proxy makes them: hash, then as much of the text as fits.
 *
 * @param {string} text `namespace/name/protocol/port`, for endpoints with `__ip/port`
 */
export function hashedName(text) {
  const whole = `${base32(createHash('sha256').update(text).digest()).slice(0, 8)}-${text}`;
  return whole.length > longest ? `${whole.slice(0, longest - 3)}...` : whole;
}

/** @param {Uint8Array} bytes */
function base32(bytes) {
  let bits = '';
  for (const byte of bytes.subarray(0, 5)) bits += byte.toString(2).padStart(8, '0');
  return Array.from({ length: 8 }, (_, at) => alphabet[Number.parseInt(bits.slice(at * 5, at * 5 + 5), 2)]).join('');
}
