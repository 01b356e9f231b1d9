/**
 * Why a transaction was refused, from nft's words for the kernel's error number:
 *
 * - `exists`: an object with other properties, an element with another value, or an overlapping interval is there.
 * - `not-found`: something that is deleted, changed or referred to is missing.
 * - `busy`: what is deleted is still in use.
 * - `loop`: chains would lead back to themselves, or deeper than the kernel follows.
 * - `set-full`: a set has reached its size.
 * - `not-supported`: what the kernel does not do, or not there (`masquerade` outside of postrouting).
 * - `invalid`: nft could not read the text, or types do not fit.
 * - `too-long`: the message does not fit the socket (a mapped user namespace): send less at once.
 * - `no-buffer`, `no-memory`: the kernel ran out: send less at once, or try again.
 * - `other`: anything else; the message says what.
 */
export type RefusalReason =
  | 'exists'
  | 'not-found'
  | 'busy'
  | 'loop'
  | 'set-full'
  | 'not-supported'
  | 'invalid'
  | 'too-long'
  | 'no-buffer'
  | 'no-memory'
  | 'other';

// The first that matches. nft is run with LC_ALL=C, so these are the C library's own words.
const wordings: readonly (readonly [RegExp, RefusalReason])[] = [
  [/File exists|interval overlaps|conflicting intervals/, 'exists'],
  [/No such file or directory|element does not exist/, 'not-found'],
  [/Device or resource busy/, 'busy'],
  [/Too many links/, 'loop'],
  [/Too many open files in system/, 'set-full'],
  [/Operation not supported/, 'not-supported'],
  [/Message too long/, 'too-long'],
  [/No buffer space available/, 'no-buffer'],
  [/Cannot allocate memory|Memory allocation failure/, 'no-memory'],
];

/** The reason in one message of nft, e.g. `Could not process rule: File exists`. */
export function reasonOf(message: string): RefusalReason {
  const found = wordings.find(([wording]) => wording.test(message));
  if (found) return found[1];
  // What nft refuses by itself, before it asks the kernel, is the text's fault.
  return /Could not process rule: (?!Invalid argument)/.test(message) ? 'other' : 'invalid';
}
