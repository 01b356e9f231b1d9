import type {
  ConnectionCount,
  CounterReader,
  Counters,
  EndpointConnections,
  ServiceConnections,
} from '@nftproxier/nft';
import { walk } from './walk.js';
import type { Pause } from './walk.js';

/** The counters of a running proxy, as far as they are read. */
export interface ConnectionCounters {
  /** What is counted: `nftproxier.counters`. */
  readonly kind: Counters;
  /** Milliseconds in which every counter is read once, over which a rate is an average: `nftproxier.countersPeriod`. */
  readonly period: number;
  readonly reader: Pick<CounterReader, 'byService' | 'byEndpoint' | 'named'>;
}

/** What a running proxy is asked for {@link topOf}; see `RunningProxy`. */
export interface CountingProxy {
  readonly counters: ConnectionCounters;
  readonly startTime: number;
  readonly now: () => number;
}

/** Who gets the most new connections. Counts are those of this node since the daemon started. */
export interface Top {
  /** What is counted: `off` is nothing. */
  readonly counters: Counters;
  /** Milliseconds over which a rate is an average. */
  readonly period: number;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Of all Services, those that are gone included; rates are of those there are. */
  readonly connections: ConnectionCount;
  /** Services whose counters have been read, the busiest first. */
  readonly services: Busiest<ServiceConnections>;
  /** Endpoints likewise, of all Services that have them together. */
  readonly endpoints: Busiest<EndpointConnections>;
}

/** The first of a list in the order of rates, then of counts. */
export interface Busiest<Count> {
  /** How many there are. */
  readonly total: number;
  readonly shown: readonly Count[];
}

/** The busiest Services and endpoints, at most `limit` of each. */
export async function topOf({ counters, startTime, now }: CountingProxy, limit: number, pause: Pause): Promise<Top> {
  const { kind, period, reader } = counters;
  let perSecond = 0;
  const services = new Highest<ServiceConnections>(limit);
  await walk(
    reader.byService.values(),
    (count) => {
      perSecond += count.perSecond;
      services.offer(count);
    },
    pause,
  );
  const endpoints = new Highest<EndpointConnections>(limit);
  await walk(
    reader.byEndpoint.values(),
    (count) => {
      endpoints.offer(count);
    },
    pause,
  );
  return {
    counters: kind,
    period,
    startTime,
    now: now(),
    connections: { connections: reader.named.services.total, perSecond },
    services: { total: reader.byService.size, shown: services.counts },
    endpoints: { total: reader.byEndpoint.size, shown: endpoints.counts },
  };
}

/** The highest few of many counts, in order: the others are not sorted, only passed over. */
class Highest<Count extends ConnectionCount> {
  readonly #limit: number;
  readonly #counts: Count[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get counts(): readonly Count[] {
    return this.#counts;
  }

  offer(count: Count): void {
    const counts = this.#counts;
    const last = counts.at(-1);
    if (counts.length === this.#limit && last !== undefined && !isBusier(count, last)) return;
    let [low, high] = [0, counts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = counts[middle];
      if (other === undefined || isBusier(count, other)) high = middle;
      else low = middle + 1;
    }
    // A copy: the reader goes on counting in its own.
    counts.splice(low, 0, { ...count });
    if (counts.length > this.#limit) counts.pop();
  }
}

function isBusier(a: ConnectionCount, b: ConnectionCount): boolean {
  return a.perSecond === b.perSecond ? a.connections > b.connections : a.perSecond > b.perSecond;
}
