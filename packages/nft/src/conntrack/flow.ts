import { parseAddress } from '@nftproxier/core';
import type { Address, Family, Protocol } from '@nftproxier/core';
import { familyOf } from '@nftproxier/core';

/** One direction of a flow, in conntrack's words. */
export interface Tuple {
  readonly src: Address;
  readonly dst: Address;
  readonly sport: number;
  readonly dport: number;
}

/** An entry of the kernel's connection tracking table. */
export interface Flow {
  readonly family: Family;
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
/** Most addresses remembered: every flow has four, and few of them differ. */
const mostAddresses = 10_000;

/**
 * Reads flows from the output of `conntrack -L`, with or without `-o extended`, as it arrives in pieces. Fields that are
 * not known (counters, marks, zones, labels) are passed over. Never throws: a line that is no flow of TCP, UDP or SCTP
 * is counted.
 */
export class FlowParser {
  readonly #onFlow: (flow: Flow) => void;
  readonly #addresses = new Map<string, Address | undefined>();
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
    if (this.#addresses.size >= mostAddresses) this.#addresses.clear();
    this.#addresses.set(text, address);
    return address;
  }
}

/** Reads one line, or undefined if it is no flow of TCP, UDP or SCTP. `addressOf` reads an address. */
export function parseFlow(
  line: string,
  addressOf: (text: string) => Address | undefined = parseAddress,
): Flow | undefined {
  const begin = line.indexOf(' src=');
  if (begin < 0) return undefined;
  const words = line.slice(0, begin).trim().split(/ +/);
  // With `-o extended` the family comes first: `ipv4 2 udp 17 29`; without: `udp 17 29`, `tcp 6 599 SYN_SENT`.
  const [name, , , state] = words[0] === 'ipv4' || words[0] === 'ipv6' ? words.slice(2) : words;
  const protocol = protocolOf(name);
  const original = tupleAt(line, begin, addressOf);
  const reply = original && tupleAt(line, original.end, addressOf);
  if (protocol === undefined || reply === undefined) return undefined;
  const family = familyOf(original.tuple.dst);
  if ([original.tuple.src, reply.tuple.src, reply.tuple.dst].some((address) => familyOf(address) !== family)) {
    return undefined;
  }
  return { family, protocol, state, original: original.tuple, reply: reply.tuple };
}

function protocolOf(name: string | undefined): Protocol | undefined {
  switch (name) {
    case 'udp':
      return 'UDP';
    case 'sctp':
      return 'SCTP';
    case 'tcp':
      return 'TCP';
    default:
      return undefined;
  }
}

interface Found {
  readonly tuple: Tuple;
  /** Where in the line it ends. */
  readonly end: number;
}

/** The next tuple of a line. The fields come in this order, others may stand between them. */
function tupleAt(
  line: string,
  from: number,
  addressOf: (text: string) => Address | undefined,
): Found | undefined {
  let at = from;
  const next = (key: string): string => {
    const start = line.indexOf(key, at);
    if (start < 0) return '';
    const end = line.indexOf(' ', start + key.length);
    at = end < 0 ? line.length : end;
    return line.slice(start + key.length, at);
  };
  const src = addressOf(next(' src='));
  const dst = addressOf(next(' dst='));
  const sport = portOf(next(' sport='));
  const dport = portOf(next(' dport='));
  if (src === undefined || dst === undefined || sport === undefined || dport === undefined) return undefined;
  return { tuple: { src, dst, sport, dport }, end: at };
}

function portOf(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  return port <= 65_535 ? port : undefined;
}
