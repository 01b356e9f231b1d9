import type { ServiceKey } from '@nftproxier/core';
import { NftRefusedError } from '../run/error.js';
import type { ListedElement } from '../run/json.js';
import { countedKey } from '../table/counted.js';
import type { CountedElement } from '../table/counted.js';
import type { TableModel } from '../table/model.js';
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

/** New connections of one Service or endpoint. */
export interface ConnectionCount {
  /** Since this reader began to read them. */
  readonly connections: number;
  /** Of the last reading, per second. */
  readonly perSecond: number;
}

/** New connections to the frontends of a Service. */
export interface ServiceConnections extends ConnectionCount {
  /** Whose frontends they are. */
  readonly service: ServiceKey;
}

/** New connections that services of this node sent to an endpoint; of several services that have it together. */
export interface EndpointConnections extends ConnectionCount {
  /** The endpoint's own. */
  readonly address: string;
  /** The endpoint's own. */
  readonly port: number;
  /** In nft's word. */
  readonly protocol: string;
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
  readonly #serviceTotals = new Map<ServiceKey, number>();
  readonly #endpointTotals = new Map<string, number>();
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
    const elements = set === undefined ? undefined : model.counted.get(set);
    if (set === undefined || elements === undefined) return undefined;
    const before = new Map(elements);
    const listed = await this.#list(tableName, set);
    if (listed === undefined) return undefined;
    const now = this.#options.now();
    for (const { key, packets = 0 } of listed) {
      const text = countedKey(key);
      const element = before.get(text);
      // One that went and came back meanwhile counts from 0, and is not the one that was meant.
      if (element !== undefined && elements.get(text) === element) this.#take(element, packets, now);
    }
    const isLast = this.#waiting.length === 0;
    if (isLast) this.#endRound();
    return { set, elements: listed.length, isLast };
  }

  /** Reads every set once, one after the other: for tools that look once. */
  async readAll(): Promise<void> {
    this.#waiting = [];
    const sets = this.#options.table.model?.counted.size ?? 0;
    for (let set = 0; set < sets; set += 1) await this.readNext();
  }

  /** New connections of all Services that the table counts, the most first. */
  services(): readonly ServiceConnections[] {
    const rates = new Map<ServiceKey, number>();
    for (const element of this.#elements()) {
      const { service } = element;
      if (service !== undefined) rates.set(service, (rates.get(service) ?? 0) + this.#progressOf(element).perSecond);
    }
    return [...rates]
      .map(([service, perSecond]) => ({ service, connections: this.#serviceTotals.get(service) ?? 0, perSecond }))
      .sort((a, b) => b.connections - a.connections || (a.service < b.service ? -1 : 1));
  }

  /** New connections of all endpoints that the table counts, the most first; none where only Services are counted. */
  endpoints(): readonly EndpointConnections[] {
    return [...this.#elements()]
      .flatMap((element) => {
        const { service, address, port, protocol } = element;
        if (service !== undefined || address === undefined) return [];
        const connections = this.#endpointTotals.get(endpointKey(element)) ?? 0;
        return [{ address, port, protocol, connections, perSecond: this.#progressOf(element).perSecond }];
      })
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

  #take(element: CountedElement, packets: number, now: number): void {
    const progress = this.#progressOf(element);
    // Less than before: somebody else deleted it and added it again.
    const fresh = packets >= progress.packets ? packets - progress.packets : packets;
    const seconds = (now - progress.at) / 1_000;
    progress.perSecond = seconds > 0 ? fresh / seconds : 0;
    progress.packets = packets;
    progress.at = now;
    if (element.service === undefined) {
      const endpoint = endpointKey(element);
      this.#endpointTotals.set(endpoint, (this.#endpointTotals.get(endpoint) ?? 0) + fresh);
      this.#endpoints.add(endpoint, fresh);
    } else {
      this.#serviceTotals.set(element.service, (this.#serviceTotals.get(element.service) ?? 0) + fresh);
      this.#services.add(element.service, fresh);
    }
  }

  /** Forgets what the table does not count any more, and names anew. */
  #endRound(): void {
    const services = new Set<ServiceKey>();
    const endpoints = new Set<string>();
    for (const element of this.#elements()) {
      if (element.service === undefined) endpoints.add(endpointKey(element));
      else services.add(element.service);
    }
    for (const service of this.#serviceTotals.keys()) {
      if (!services.has(service)) this.#serviceTotals.delete(service);
    }
    for (const endpoint of this.#endpointTotals.keys()) {
      if (!endpoints.has(endpoint)) this.#endpointTotals.delete(endpoint);
    }
    this.#services.elect(this.#serviceTotals);
    this.#endpoints.elect(this.#endpointTotals);
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

/** `10.244.0.5 8080 tcp`: how {@link CounterReader.named} tells endpoints apart. */
function endpointKey({ address = '', port, protocol }: CountedElement): string {
  return `${address} ${String(port)} ${protocol}`;
}
