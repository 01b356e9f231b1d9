import { RenderError } from './error.js';

const name = /^[A-Za-z][A-Za-z0-9._/-]{0,254}$/;
// The kernel keeps 127 characters; quotes and backslashes could not be escaped.
const logPrefix = /^[A-Za-z0-9 ._:/-]{1,127}$/;
const interfaceName = /^[A-Za-z0-9._@:-]{1,15}$/;

/**
 * The name of a table, chain, set or map, as it stands. Longer ones are refused by the kernel, others by nft's grammar.
 * nft also refuses its own keywords (`ip`, `drop`, `missing`, …); a name with a digit, `-` or `/` in it is never one.
 */
export function renderName(text: string, what: string): string {
  if (name.test(text)) return text;
  throw new RenderError('NFT_RENDER_NAME', `the name of a ${what}`, text);
}

/** The name of a network interface, or with `prefix` of all whose names start so, in quotes. */
export function renderInterface(text: string, prefix: boolean): string {
  // The asterisk counts: nft refuses "abcdefghijklmno*" as longer than 16 characters, its final zero included.
  if (!interfaceName.test(text) || (prefix && text.length > 14)) {
    throw new RenderError('NFT_RENDER_INTERFACE', prefix ? 'a prefix of interface names' : 'an interface name', text);
  }
  return prefix ? `"${text}*"` : `"${text}"`;
}

/** The beginning of a line in the kernel's log, in quotes. */
export function renderLogPrefix(text: string): string {
  if (logPrefix.test(text)) return `"${text}"`;
  throw new RenderError('NFT_RENDER_NAME', 'the prefix of a log line (letters, digits, blanks and ._:/-)', text);
}
