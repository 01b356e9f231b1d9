import type { ServiceKey } from '@nftproxier/core';
import { NftRefusedError } from '../run/error.js';
import type { ListedElement } from '../run/json.js';
import { countedKey } from '../table/counted.js';
import type { CountedElement } from '../table/counted.js';
import type { TableModel } from '../table/model.js';
import { endpointKey } from './counts.js';
import type { ConnectionCount, EndpointConnections, ServiceConnections } from './counts.js';
import { NamedCounts } from './named.js';

/** The table whose counters are read; a `Loader` is one. */
export interface CountedTable {
  /** Of the table in service; undefined before the first load. */
  readonly tableName: string | undefined;
  /** What that table holds. */
  readonly model: Pick<TableModel, 'counted'> | undefined;
}

/** What a {@link CounterReader} is made of. */
export interface CounterReaderOptions {
  /** Asked anew for every portion. */
  readonly table: CountedTable;
  /** Reads one set, as `createLoadTarget(nft).listElements` does. */
  readonly listElements: (table: string, set: string) => Promise<readonly ListedElement[]>;
  /** Milliseconds, from any start; for rates. */
  readonly now: () => number;
  /** How many services, and how many endpoints, have a count of their own in {@link CounterReader.named}. */
  readonly most?: number;
}

/** One portion that was read. */
export interface CounterPortion {
  /** The set that was read. */
  readonly set: string;
  /** Elements in it: the cost is about 30 µs and 3 kB each. */
  readonly elements: number;
  /** Whether every set has been read now, and the next portion begins a new round. */
  readonly isLast: boolean;
}

interface Progress {
  packets: number;
  perSecond: number;
  at: number;
}

type Growing<Count> = { -readonly [Field in keyof Count]: Count[Field] };

/**
 * Reads the table's counters, one set at a time, and adds them up.
 *
 * Guarantees:
 * - Counts never go back. An element that is deleted and added again, and a table that replaces another, count from 0 in
 *   the kernel; what was read before is kept. What they counted between the last reading and their end is lost.
 * - One portion is one `nft list set`: a sixteenth of the frontends or endpoints of a family, never the whole table. Sets
 *   without elements are not read.
 * - Nothing is read while counters are off, or before the first load.
 *
 * Calls of {@link readNext} must not overlap. They may run beside transactions.
 */
export class CounterReader {
  readonly #options: CounterReaderOptions;
  readonly #services: NamedCounts<ServiceKey>;
  readonly #endpoints: NamedCounts<string>;
  readonly #progress = new WeakMap<CountedElement, Progress>();
  readonly #byService = new Map<ServiceKey, Growing<ServiceConnections>>();
  readonly #byEndpoint = new Map<string, Growing<EndpointConnections>>();
  #waiting: string[] = [];

  constructor(options: CounterReaderOptions) {
    this.#options = options;
    this.#services = new NamedCounts(options.most ?? 100);
    this.#endpoints = new NamedCounts(options.most ?? 100);
  }

  /**
   * Reads the next set. Undefined if there is none, or if it went away while it was read.
   *
   * @throws what `listElements` throws, but for a set or table that is not there.
   */
  async readNext(): Promise<CounterPortion | undefined> {
    const { tableName, model } = this.#options.table;
    if (tableName === undefined || model === undefined) return undefined;
    if (this.#waiting.length === 0) this.#waiting = [...model.counted.keys()];
    const set = this.#waiting.shift();
    const isLast = this.#waiting.length === 0;
    try {
      const read = set === undefined ? undefined : await this.#readSet(tableName, model, set);
      return read === undefined ? undefined : { ...read, isLast };
    } finally {
      if (isLast) this.#endRound();
    }
  }

  /** Reads every set once, one after the other: for tools that look once. */
  async readAll(): Promise<void> {
    this.#waiting = [];
    const sets = this.#options.table.model?.counted.size ?? 0;
    for (let set = 0; set < sets; set += 1) await this.readNext();
  }

  /** What was read of each Service. Not a copy: it changes with every reading. */
  get byService(): ReadonlyMap<ServiceKey, ServiceConnections> {
    return this.#byService;
  }

  /** What was read of each endpoint, by `address port protocol` as {@link endpointKey} writes it. Not a copy. */
  get byEndpoint(): ReadonlyMap<string, EndpointConnections> {
    return this.#byEndpoint;
  }

  /** New connections of all Services whose counters have been read, the most first. */
  services(): readonly ServiceConnections[] {
    return [...this.#byService.values()]
      .map((count) => ({ ...count }))
      .sort((a, b) => b.connections - a.connections || (a.service < b.service ? -1 : 1));
  }

  /** New connections of all endpoints whose counters have been read, the most first; none where only Services count. */
  endpoints(): readonly EndpointConnections[] {
    return [...this.#byEndpoint.values()]
      .map((count) => ({ ...count }))
      .sort((a, b) => b.connections - a.connections || (a.address < b.address ? -1 : 1));
  }

  /** Counts of a bounded number of Services and endpoints, with one for all others: for monitoring. */
  get named(): { readonly services: NamedCounts<ServiceKey>; readonly endpoints: NamedCounts<string> } {
    return { services: this.#services, endpoints: this.#endpoints };
  }

  *#elements(): Generator<CountedElement> {
    for (const elements of this.#options.table.model?.counted.values() ?? []) yield* elements.values();
  }

  #progressOf(element: CountedElement): Progress {
    const known = this.#progress.get(element);
    if (known !== undefined) return known;
    const fresh = { packets: 0, perSecond: 0, at: NaN };
    this.#progress.set(element, fresh);
    return fresh;
  }

  async #readSet(
    table: string,
    model: Pick<TableModel, 'counted'>,
    set: string,
  ): Promise<Omit<CounterPortion, 'isLast'> | undefined> {
    const elements = model.counted.get(set);
    if (elements === undefined) return undefined;
    const before = new Map(elements);
    const listed = await this.#list(table, set);
    if (listed === undefined) return undefined;
    const now = this.#options.now();
    for (const { key, packets = 0 } of listed) {
      const text = countedKey(key);
      const element = before.get(text);
      // One that went and came back meanwhile counts from 0, and is not the one that was meant.
      if (element !== undefined && elements.get(text) === element) this.#take(element, packets, now);
    }
    return { set, elements: listed.length };
  }

  #take(element: CountedElement, packets: number, now: number): void {
    const progress = this.#progressOf(element);
    // Less than before: somebody else deleted it and added it again.
    const fresh = packets >= progress.packets ? packets - progress.packets : packets;
    const seconds = (now - progress.at) / 1_000;
    progress.perSecond = seconds > 0 ? fresh / seconds : 0;
    progress.packets = packets;
    progress.at = now;
    const count = this.#countOf(element);
    if (count === undefined) return;
    count.connections += fresh;
    if (element.service === undefined) this.#endpoints.add(endpointKey(element), fresh);
    else this.#services.add(element.service, fresh);
  }

  /** What an element counts for. Undefined if it is neither a Service's nor an endpoint's. */
  #countOf(element: CountedElement): Growing<ConnectionCount> | undefined {
    const { service, address, port, protocol } = element;
    const none = { connections: 0, perSecond: 0 };
    if (service !== undefined) return entry(this.#byService, service, () => ({ service, ...none }));
    if (address === undefined) return undefined;
    return entry(this.#byEndpoint, endpointKey(element), () => ({ address, port, protocol, ...none }));
  }

  /** Forgets what the table does not count any more, works out rates, and names anew. */
  #endRound(): void {
    const counted = new Set<ConnectionCount>();
    for (const element of this.#elements()) {
      const { service } = element;
      const count = service === undefined ? this.#byEndpoint.get(endpointKey(element)) : this.#byService.get(service);
      if (count === undefined) continue;
      if (!counted.has(count)) count.perSecond = 0;
      counted.add(count);
      count.perSecond += this.#progress.get(element)?.perSecond ?? 0;
    }
    for (const [key, count] of this.#byService) if (!counted.has(count)) this.#byService.delete(key);
    for (const [key, count] of this.#byEndpoint) if (!counted.has(count)) this.#byEndpoint.delete(key);
    this.#services.elect(this.#byService);
    this.#endpoints.elect(this.#byEndpoint);
  }

  async #list(table: string, set: string): Promise<readonly ListedElement[] | undefined> {
    try {
      return await this.#options.listElements(table, set);
    } catch (error) {
      // The table was replaced meanwhile.
      if (error instanceof NftRefusedError && error.reason === 'not-found') return undefined;
      throw error;
    }
  }
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
