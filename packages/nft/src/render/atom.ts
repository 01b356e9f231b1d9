import type { Atom } from '../syntax/index.js';
import { RenderError } from './error.js';

/** Every word that may stand in a key, a value or a comparison. nft would resolve any other word as a host name. */
const words: ReadonlySet<string> = new Set([
  ...['tcp', 'udp', 'sctp', 'icmp', 'icmpv6'],
  ...['ipv4', 'ipv6'],
  ...['new', 'established', 'related', 'invalid', 'untracked'],
  ...['snat', 'dnat'],
  ...['local', 'unicast', 'broadcast', 'multicast'],
  ...['echo-request', 'echo-reply', 'destination-unreachable', 'time-exceeded', 'parameter-problem'],
  ...['packet-too-big', 'nd-router-solicit', 'nd-router-advert', 'nd-neighbor-solicit', 'nd-neighbor-advert'],
]);

const octet = '(?:0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])';
// Leading zeros are refused: nft would read the number as octal.
const ipv4 = new RegExp(`^${octet}\\.${octet}\\.${octet}\\.${octet}(?:/(?:\\d|[12]\\d|3[0-2]))?$`);
const ipv6Length = /^\/(?:\d|[1-9]\d|1[01]\d|12[0-8])$/;

/**
 * One part of a key or value, as nft reads it: a number, an address, a prefix or one of nft's words.
 *
 * @throws {@link RenderError} for anything else.
 */
export function renderAtom(atom: Atom): string {
  if (typeof atom === 'number') return renderNumber(atom, 'a number');
  if (ipv4.test(atom) || words.has(atom) || isIPv6(atom)) return atom;
  throw new RenderError('NFT_RENDER_ATOM', 'an address, a prefix or a word of nft', atom);
}

/** One address of a family, without a prefix length. */
export function renderAddress(family: 'ip' | 'ip6', address: string): string {
  if (!address.includes('/') && (family === 'ip' ? ipv4.test(address) : isIPv6(address))) return address;
  throw new RenderError('NFT_RENDER_ATOM', family === 'ip' ? 'an IPv4 address' : 'an IPv6 address', address);
}

/** A number that fits 32 bits, in decimal. */
export function renderNumber(value: number, what: string, least = 0): string {
  if (Number.isInteger(value) && value >= least && value <= 0xffff_ffff) return String(value);
  throw new RenderError('NFT_RENDER_NUMBER', `${what} from ${String(least)} to 4294967295`, value);
}

/** A time with its word before it, e.g. ` timeout 10800s`; nothing where there is none. */
export function renderSeconds(word: 'timeout' | 'expires', seconds: number | undefined): string {
  return seconds === undefined ? '' : ` ${word} ${renderNumber(seconds, `a number of seconds (${word})`, 1)}s`;
}

/** A mask of 32 bits, e.g. `0x00004000`. */
export function renderMask(mask: number, what = 'a mask'): string {
  return `0x${Number(renderNumber(mask, what)).toString(16).padStart(8, '0')}`;
}

// The form matters: nft would take `1:2` for a key and its value. A scan, because a million elements have two million.
function isIPv6(text: string): boolean {
  const end = ipv6End(text);
  let groups = 0;
  let digits = 0;
  let gap = false;
  for (let index = 0; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code !== colon) {
      if (!isHexadecimal(code) || ++digits > 4) return false;
    } else if (text.charCodeAt(index + 1) === colon && index + 1 < end) {
      if (gap) return false;
      gap = true;
      if (digits > 0) groups += 1;
      digits = 0;
      index += 1;
    } else {
      if (digits === 0) return false;
      groups += 1;
      digits = 0;
      if (index + 1 === end) return false;
    }
  }
  if (digits > 0) groups += 1;
  return gap ? groups <= 7 : groups === 8;
}

const colon = 58;

function isHexadecimal(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}

function ipv6End(text: string): number {
  const slash = text.indexOf('/');
  if (slash < 0) return text.length;
  return ipv6Length.test(text.slice(slash)) ? slash : 0;
}
