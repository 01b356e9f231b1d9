import { ReflectorError } from '../errors.js';
import type { Resource } from '../resource.js';
import { parseEvent, type WatchEvent } from '../wire/event.js';
import { LineSplitter } from '../wire/lines.js';
import { errorFromEvent } from '../wire/status.js';
import { draw } from './backoff.js';
import type { Change } from './change.js';
import { exchange, type Wire } from './exchange.js';
import type { Limits } from './limits.js';
import { selectors } from './list.js';
import type { Protections } from './protections.js';
import type { Slice } from './slice.js';
import type { Snapshot, Store } from './store.js';
import type { Silence } from './watchdog.js';

export interface WatchRequest<T> {
  readonly wire: Wire;
  readonly resource: Resource<T>;
  readonly limits: Limits;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly slice: Slice;
  readonly store: Store<T>;
  readonly protections: Protections;
  /** The server accepted the watch. */
  readonly onOpen: () => void;
  /** The initial events are complete; these are the differences that they made. */
  readonly onSynced: (changes: readonly Change<T>[]) => void;
  /** Changes, as many at a time as arrived together. */
  readonly onChanges: (changes: readonly Change<T>[]) => void;
  /** An event or bookmark told something new. */
  readonly onProgress: () => void;
  readonly onStale: () => void;
}

/**
 * Watches until the server ends it. With a resource version in the store, from there; without, as a WatchList: the
 * server first sends every object as an event, then a bookmark that says so, then changes.
 */
export async function watch<T>(request: WatchRequest<T>): Promise<void> {
  const { wire, resource, limits, store } = request;
  const from = store.resourceVersion;
  store.resume();
  const reading = new Reading(request, from === undefined);
  await exchange(
    wire,
    {
      path: resource.path,
      query: {
        ...selectors(resource),
        watch: 'true',
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(Math.round(draw(limits.watchTimeoutSeconds, request.random))),
        ...(from === undefined
          ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
          : { resourceVersion: from }),
      },
      headersMs: limits.headersMs,
      signal: request.signal,
    },
    () => reading.silence(),
    async (chunks) => {
      request.onOpen();
      const lines = new LineSplitter(limits.objectBytes);
      for await (const chunk of chunks) await reading.chunk(lines.push(chunk));
    },
  );
  if (reading.isInitial()) {
    throw new ReflectorError('connection-lost', `the watch of ${resource.path} ended before its initial events did`);
  }
}

/** The state of one watch. */
class Reading<T> {
  readonly #request: WatchRequest<T>;
  /** Initial events so far; `undefined` once they are complete. */
  #initial: Snapshot<T> | undefined;
  /** Changes in the store that the handler has not been told yet. */
  #changes: Change<T>[] = [];
  readonly #began: number;
  #grewAt: number;

  constructor(request: WatchRequest<T>, initial: boolean) {
    this.#request = request;
    this.#initial = initial ? new Map() : undefined;
    this.#began = request.wire.clock.now();
    this.#grewAt = this.#began;
  }

  isInitial(): boolean {
    return this.#initial !== undefined;
  }

  silence(): Silence {
    const { resource, limits, wire } = this.#request;
    if (!this.#initial) {
      const seconds = String(limits.watchIdleMs / 1000);
      const where = `the watch of ${resource.path} from ${wire.transport.server}`;
      return {
        ms: limits.watchIdleMs,
        error: () => new ReflectorError('idle', `${where} was silent for ${seconds} s, without even a bookmark`),
      };
    }
    const now = wire.clock.now();
    const left = Math.min(
      limits.listIdleMs,
      this.#grewAt + limits.initialEventsGapMs - now,
      this.#began + limits.initialEventsTotalMs - now,
    );
    return { ms: Math.max(0, left), error: () => noEnd(resource) };
  }

  /** Reads the lines that arrived together. What came before a bad line counts. */
  async chunk(lines: Iterable<Buffer>): Promise<void> {
    const { slice, onSynced } = this.#request;
    try {
      for (const line of lines) {
        const event = this.#parse(line);
        const differences = event && this.#event(event);
        if (differences) onSynced(differences);
        if (slice.isOver()) {
          this.#flush();
          await slice.next();
        }
      }
    } finally {
      this.#flush();
    }
  }

  #parse(line: Buffer): WatchEvent | undefined {
    try {
      return parseEvent(line, this.#request.resource.kind);
    } catch (error) {
      if (this.#request.protections.distrustBadLines) throw error;
      return undefined;
    }
  }

  #flush(): void {
    if (this.#changes.length === 0) return;
    const changes = this.#changes;
    this.#changes = [];
    this.#request.onChanges(changes);
  }

  /** Returns the differences that the initial events made, at their end. */
  #event(event: WatchEvent): Change<T>[] | undefined {
    const { resource, store, onProgress, onStale } = this.#request;
    if (event.type === 'error') throw errorFromEvent(`watch of ${resource.path}`, event.status);
    if (this.#initial) return this.#initialEvent(event, this.#initial);
    if (event.type === 'bookmark') {
      store.bookmark(event.resourceVersion);
      onProgress();
      return undefined;
    }
    const change = store.apply(event.type, event.object);
    if (change === undefined) {
      onStale();
      return undefined;
    }
    this.#changes.push(change);
    onProgress();
    return undefined;
  }

  #initialEvent(event: Exclude<WatchEvent, { type: 'error' }>, initial: Snapshot<T>): Change<T>[] | undefined {
    const { store, wire, resource } = this.#request;
    if (event.type === 'bookmark') {
      // Servers that know WatchList send no other bookmark before this one.
      if (!event.initialEventsEnd) throw noEnd(resource);
      this.#initial = undefined;
      return store.replace(initial, event.resourceVersion);
    }
    const size = initial.size;
    if (event.type === 'set') store.collect(initial, event.object);
    else store.discard(initial, event.object);
    if (initial.size > size) this.#grewAt = wire.clock.now();
    return undefined;
  }
}

function noEnd(resource: Resource<unknown>): ReflectorError {
  return new ReflectorError(
    'no-initial-events-end',
    `the API server does not end the initial events of a WatchList of ${resource.path}; it probably does not know them`,
  );
}
