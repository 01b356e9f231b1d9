import type { CounterReader, NamedCounts } from '@nftproxier/nft';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics/index.js';
import type { Clock } from '../sync/clock.js';

/** What reads counters for monitoring is made of. */
export interface CounterPollingOptions {
  readonly reader: CounterReader;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Milliseconds in which every counter is read once. */
  readonly period: number;
  /** How many parts there are to read now. */
  readonly parts: () => number;
  readonly log: Logger;
}

/** Shortest pause between two parts, in milliseconds: reading must not become the main work of a node. */
const shortestPause = 100;

/**
 * Reads the counters of new connections, a part at a time and all within a period, and records them.
 *
 * @returns what ends it, after the reading that is under way.
 */
export function pollCounters(options: CounterPollingOptions): () => Promise<void> {
  const { reader, metrics, clock, period, parts, log } = options;
  const services = new Series((key) => {
    const [namespace = '', service = ''] = key.split('/');
    return { namespace, service };
  });
  const endpoints = new Series((key) => {
    const [address = '', port = '', protocol = ''] = key.split(' ');
    return { address, port, protocol };
  });
  let recorded = { total: 0, services: 0, endpoints: 0 };
  let isFailing = false;
  let isStopped = false;
  let reading = Promise.resolve();
  let cancel: () => void = () => undefined;

  const record = (): void => {
    const { named } = reader;
    const now = { total: named.services.total, services: named.services.rest, endpoints: named.endpoints.rest };
    metrics.add('nftproxier_new_connections_total', now.total - recorded.total);
    metrics.add('nftproxier_other_services_new_connections_total', now.services - recorded.services);
    metrics.add('nftproxier_other_endpoints_new_connections_total', now.endpoints - recorded.endpoints);
    recorded = now;
    const ofServices = services.changes(named.services);
    for (const { labels, add } of ofServices.more) metrics.add('nftproxier_service_new_connections_total', add, labels);
    for (const labels of ofServices.ended) metrics.end('nftproxier_service_new_connections_total', labels);
    const ofEndpoints = endpoints.changes(named.endpoints);
    for (const { labels, add } of ofEndpoints.more) {
      metrics.add('nftproxier_endpoint_new_connections_total', add, labels);
    }
    for (const labels of ofEndpoints.ended) metrics.end('nftproxier_endpoint_new_connections_total', labels);
  };

  const readOne = async (): Promise<void> => {
    try {
      if ((await reader.readNext()) === undefined) return;
      isFailing = false;
      metrics.add('nftproxier_counter_readings_total', 1, { result: 'success' });
      record();
    } catch (error) {
      metrics.add('nftproxier_counter_readings_total', 1, { result: 'failure' });
      if (!isFailing) log.warn({ err: error }, 'new connections cannot be counted; it is tried again');
      isFailing = true;
    }
  };

  const wait = (): void => {
    if (isStopped) return;
    cancel = clock.after(Math.max(shortestPause, period / Math.max(1, parts())), () => {
      reading = readOne().then(wait);
    });
  };
  wait();
  return async () => {
    isStopped = true;
    cancel();
    await reading;
  };
}

/** What of named counts has been recorded, in series with labels. */
class Series<Labels> {
  readonly #recorded = new Map<string, number>();
  readonly #labelsOf: (key: string) => Labels;

  constructor(labelsOf: (key: string) => Labels) {
    this.#labelsOf = labelsOf;
  }

  /** What to add to each series, and which ones end. */
  changes({ counts }: NamedCounts<string>) {
    const more: { readonly labels: Labels; readonly add: number }[] = [];
    for (const [key, count] of counts) {
      const before = this.#recorded.get(key);
      if (count !== before) more.push({ labels: this.#labelsOf(key), add: count - (before ?? 0) });
      this.#recorded.set(key, count);
    }
    const ended = [...this.#recorded.keys()].filter((key) => !counts.has(key));
    for (const key of ended) this.#recorded.delete(key);
    return { more, ended: ended.map((key) => this.#labelsOf(key)) };
  }
}
