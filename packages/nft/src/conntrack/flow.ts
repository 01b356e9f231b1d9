import { familyOf, parseAddress } from '@nftproxier/core';
import type { Address, Family, Protocol } from '@nftproxier/core';

/** One direction of a flow, in conntrack's words. */
export interface Tuple {
  /** Where packets of this direction come from. */
  readonly src: Address;
  /** Where they go to. */
  readonly dst: Address;
  /** The port they come from. */
  readonly sport: number;
  /** The port they go to. */
  readonly dport: number;
}

/** An entry of the kernel's connection tracking table. */
export interface Flow {
  /** Of all its addresses. */
  readonly family: Family;
  /** Flows of other protocols are not read. */
  readonly protocol: Protocol;
  /** The state of a TCP or SCTP connection, e.g. `SYN_SENT`; undefined for UDP. */
  readonly state: string | undefined;
  /** The packet that began it, as it arrived: `dst` and `dport` are what the client asked for. */
  readonly original: Tuple;
  /** An answer to it, as the server sends it: `src` and `sport` are whom the client really talks to. */
  readonly reply: Tuple;
}

/** No line of conntrack is this long; what is longer is not read. */
const mostCharacters = 4_096;
/** Most addresses remembered: every flow has four, and most occur often. */
const mostAddresses = 50_000;

/**
 * Reads flows from the output of `conntrack -L`, with or without `-o extended`, as it arrives in pieces. Fields that are
 * not known (counters, marks, zones, labels) are passed over. Never throws: a line that is no flow of TCP, UDP or SCTP
 * is counted.
 */
export class FlowParser {
  readonly #onFlow: (flow: Flow) => void;
  readonly #addresses = new Map<string, Address>();
  #rest = '';
  #isTooLong = false;
  #flows = 0;
  #malformed = 0;

  constructor(onFlow: (flow: Flow) => void) {
    this.#onFlow = onFlow;
  }

  /** Flows read so far. */
  get flows(): number {
    return this.#flows;
  }

  /** Lines that could not be read so far. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Takes the next piece of text, which may begin and end anywhere in a line. */
  push(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#line(this.#rest + text.slice(start, end));
      this.#rest = '';
      this.#isTooLong = false;
      start = end + 1;
    }
    this.#rest += text.slice(start);
    if (this.#rest.length <= mostCharacters) return;
    this.#rest = '';
    this.#isTooLong = true;
  }

  /** Takes the last line, if it did not end with a line break. */
  end(): void {
    this.#line(this.#rest);
    this.#rest = '';
    this.#isTooLong = false;
  }

  #line(line: string): void {
    if (line === '' && !this.#isTooLong) return;
    const isReadable = !this.#isTooLong && line.length <= mostCharacters;
    const flow = isReadable ? parseFlow(line, (text) => this.#address(text)) : undefined;
    if (flow === undefined) {
      this.#malformed += 1;
      return;
    }
    this.#flows += 1;
    this.#onFlow(flow);
  }

  #address(text: string): Address | undefined {
    const known = this.#addresses.get(text);
    if (known !== undefined) return known;
    const address = parseAddress(text);
    if (address === undefined) return undefined;
    if (this.#addresses.size >= mostAddresses) this.#addresses.clear();
    // Not under `text`: it is a part of a line, and would keep all of the text it came with in memory.
    this.#addresses.set(address, address);
    return address;
  }
}

// With `-o extended` the family comes first: `ipv4 2 udp 17 29 src=…`. Then `udp 17 29 src=…`, `tcp 6 599 SYN_SENT src=…`,
// `tcp 6 ESTABLISHED src=…` of an offloaded flow. Counters, zones and `[UNREPLIED]` stand after a tuple, not within.
const tuple = String.raw`src=(\S+) dst=(\S+) sport=(\d{1,5}) dport=(\d{1,5})`;
const wording = new RegExp(`^(?:ipv[46] +\\d+ )?(udp|tcp|sctp) ([^=]*) ${tuple} (?:.*? )?${tuple}(?: |$)`);
const protocolOf: Readonly<Record<string, Protocol>> = { udp: 'UDP', tcp: 'TCP', sctp: 'SCTP' };

/** Reads one line, or undefined if it is no flow of TCP, UDP or SCTP. `addressOf` reads an address. */
export function parseFlow(
  line: string,
  addressOf: (text: string) => Address | undefined = parseAddress,
): Flow | undefined {
  const found = wording.exec(line);
  const protocol = protocolOf[found?.[1] ?? ''];
  if (found === null || protocol === undefined) return undefined;
  const original = tupleAt(found, 3, addressOf);
  const reply = tupleAt(found, 7, addressOf);
  if (original === undefined || reply === undefined || familyOf(reply.src) !== familyOf(original.dst)) return undefined;
  const state = protocol === 'UDP' ? undefined : /[A-Z]\w+/.exec(found[2] ?? '')?.[0];
  return { family: familyOf(original.dst), protocol, state, original, reply };
}

function tupleAt(
  found: readonly string[],
  at: number,
  addressOf: (text: string) => Address | undefined,
): Tuple | undefined {
  const src = addressOf(found[at] ?? '');
  const dst = addressOf(found[at + 1] ?? '');
  const sport = Number(found[at + 2]);
  const dport = Number(found[at + 3]);
  if (src === undefined || dst === undefined || familyOf(src) !== familyOf(dst)) return undefined;
  return sport <= mostPorts && dport <= mostPorts ? { src, dst, sport, dport } : undefined;
}

const mostPorts = 65_535;
