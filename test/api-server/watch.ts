import type { Clock } from './clock.js';
import type { Change, Cluster, StoredObject } from './cluster.js';
import type { Kind } from './kinds.js';
import { jsonOf, predicateOf } from './list.js';
import { jsonHeaders, statusObject, type Cut, type Reply, type Request, type Sink, type Status } from './reply.js';
import type { Predicate } from './selectors.js';

/** How this server differs from a faultless one, as far as watches are concerned. */
export interface WatchFaults {
  /** The end of the initial events of a WatchList is not announced. */
  readonly noInitialEventsEnd?: boolean;
  /** No bookmarks at all. */
  readonly noBookmarks?: boolean;
  /** The connection is closed right after the end of the initial events was announced, or before it would be. */
  readonly closeAtInitialEventsEnd?: 'before' | 'after';
  /** Closed as soon as it was accepted. */
  readonly closeAtOnce?: boolean;
  /** An ERROR event, and the end. */
  readonly error?: Status;
  /** Lines that come first. */
  readonly lines?: readonly string[];
}

export interface WatchOptions {
  readonly clock: Clock;
  /** Time between bookmarks, in milliseconds. */
  readonly bookmarkMs: number;
  readonly onOpen: (watch: Watch) => void;
  readonly onClose: (watch: Watch) => void;
}

/** One watch in progress, with what a test may do to it. */
export interface Watch {
  readonly kind: string;
  /** Sends bytes as they are. */
  raw(bytes: Buffer | string): void;
  /** Sends a line. */
  line(text: string): void;
  bookmark(): void;
  error(status: Status): void;
  end(): void;
  cut(how: Cut): void;
  /** The connection breaks after so many more bytes. */
  cutAfter(bytes: number, how: Cut): void;
  /** From now on changes are collected, not sent, and there are no bookmarks; `false` sends what was collected. */
  hold(on: boolean): void;
  /** From now on nothing is sent, but kept for later; `false` sends it. */
  mute(on: boolean): void;
  /** Changes that are collected, in any order and number. */
  held: Change[];
}

export function watch(
  cluster: Cluster,
  kind: Kind,
  namespace: string | undefined,
  { query }: Request,
  options: WatchOptions,
  faults: WatchFaults,
): Reply {
  return {
    status: 200,
    headers: { ...jsonHeaders, 'transfer-encoding': 'chunked' },
    start: (sink) => new OpenWatch(cluster, kind, predicateOf(query, namespace), query, options, faults, sink).open(),
  };
}

class OpenWatch implements Watch {
  readonly kind: string;
  held: Change[] = [];
  readonly #cluster: Cluster;
  readonly #kind: Kind;
  readonly #matches: Predicate;
  readonly #query: URLSearchParams;
  readonly #options: WatchOptions;
  readonly #faults: WatchFaults;
  readonly #sink: Sink;
  readonly #timers = new Set<unknown>();
  #unsubscribe: () => void = () => undefined;
  #holding = false;
  #unsent: Buffer[] | undefined;
  #cutting: { readonly how: Cut; readonly left: number } = { how: 'fin', left: Number.POSITIVE_INFINITY };
  #closed = false;

  constructor(
    cluster: Cluster,
    kind: Kind,
    matches: Predicate,
    query: URLSearchParams,
    options: WatchOptions,
    faults: WatchFaults,
    sink: Sink,
  ) {
    this.kind = kind.kind;
    this.#cluster = cluster;
    this.#kind = kind;
    this.#matches = matches;
    this.#query = query;
    this.#options = options;
    this.#faults = faults;
    this.#sink = sink;
  }

  /** Sends what is due at once. Returns what to do when the client goes away. */
  open(): () => void {
    this.#options.onOpen(this);
    this.#begin();
    return () => this.#close();
  }

  raw(bytes: Buffer | string): void {
    if (this.#closed) return;
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    if (this.#unsent) {
      this.#unsent.push(buffer);
      return;
    }
    const { how, left } = this.#cutting;
    this.#cutting = { how, left: left - buffer.length };
    this.#sink.write(buffer.subarray(0, left));
    if (left < buffer.length) this.cut(how);
  }

  line(text: string): void {
    this.raw(`${text}\n`);
  }

  bookmark(): void {
    this.#bookmark();
  }

  error(status: Status): void {
    this.line(JSON.stringify({ type: 'ERROR', object: statusObject(status) }));
  }

  end(): void {
    if (this.#closed) return;
    this.#close();
    this.#sink.end();
  }

  cut(how: Cut): void {
    if (this.#closed) return;
    this.#close();
    this.#sink.cut(how);
  }

  cutAfter(bytes: number, how: Cut): void {
    this.#cutting = { how, left: bytes };
  }

  hold(on: boolean): void {
    this.#holding = on;
    if (on) return;
    const changes = this.held;
    this.held = [];
    const lines = changes.map((change) => this.#lineOf(change)).filter((line) => line !== '');
    // Together, as a server does that has several to send.
    if (lines.length > 0) this.raw(lines.join(''));
  }

  mute(on: boolean): void {
    const unsent = this.#unsent ?? [];
    this.#unsent = on ? unsent : undefined;
    if (!on) for (const bytes of unsent) this.raw(bytes);
  }

  #begin(): void {
    const faults = this.#faults;
    for (const line of faults.lines ?? []) this.line(line);
    if (faults.error) {
      this.error(faults.error);
      return this.end();
    }
    if (faults.closeAtOnce === true) return this.end();
    const asked = this.#query.get('resourceVersion') ?? '';
    const initial = this.#query.get('sendInitialEvents') === 'true';
    if (asked === '' || asked === '0' || initial) {
      for (const object of this.#cluster.list(this.kind)) if (this.#matches(object)) this.#event('ADDED', object);
      if (faults.closeAtInitialEventsEnd === 'before') return this.end();
      if (initial && faults.noInitialEventsEnd !== true) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
      if (faults.closeAtInitialEventsEnd === 'after') return this.end();
      this.#follow(this.#cluster.resourceVersion);
    } else {
      const missed = this.#cluster.changesSince(this.kind, Number(asked));
      if (missed === undefined) {
        this.error(tooOld(asked, this.#cluster.oldest));
        return this.end();
      }
      for (const change of missed) this.#change(change);
      this.#follow(Number(asked));
    }
  }

  #follow(after: number): void {
    // From a version that the server has not reached, it says nothing until it has.
    this.#unsubscribe = this.#cluster.subscribe(this.kind, (change) => {
      if (change.resourceVersion > after) this.#change(change);
    });
    const seconds = Number(this.#query.get('timeoutSeconds') ?? '1800');
    this.#after(seconds * 1000, () => this.end());
    if (this.#query.get('allowWatchBookmarks') !== 'true') return;
    const bookmark = (): void => {
      if (this.#cluster.resourceVersion >= after) this.#bookmark();
    };
    const regularly = (): void => {
      bookmark();
      this.#after(this.#options.bookmarkMs, regularly);
    };
    this.#after(this.#options.bookmarkMs, regularly);
    // Two bookmarks before the end, so that the next watch begins where this one ended.
    for (const before of [2150, 1100]) if (seconds * 1000 > before) this.#after(seconds * 1000 - before, bookmark);
  }

  #change(change: Change): void {
    if (this.#holding) this.held.push(change);
    else this.raw(this.#lineOf(change));
  }

  /** What a change means to somebody who sees only the objects that match. */
  #lineOf({ type, object, before }: Change): string {
    const now = type !== 'DELETED' && this.#matches(object);
    const then = before !== undefined && this.#matches(before);
    if (now) return this.#eventLine(then ? 'MODIFIED' : 'ADDED', object);
    if (!then) return '';
    const { resourceVersion } = object.metadata;
    return this.#eventLine('DELETED', { ...before, metadata: { ...before.metadata, resourceVersion } });
  }

  #event(type: string, object: StoredObject): void {
    this.raw(this.#eventLine(type, object));
  }

  #eventLine(type: string, object: StoredObject): string {
    const { kind, apiVersion } = this.#kind;
    return `{"type":"${type}","object":{"kind":"${kind}","apiVersion":"${apiVersion}",${jsonOf(object).slice(1)}}\n`;
  }

  #bookmark(annotations?: Readonly<Record<string, string>>): void {
    if ((this.#faults.noBookmarks === true || this.#holding) && !annotations) return;
    const { kind, apiVersion, empty } = this.#kind;
    const resourceVersion = String(this.#cluster.resourceVersion);
    const metadata = { resourceVersion, ...(annotations ? { annotations } : {}) };
    this.line(JSON.stringify({ type: 'BOOKMARK', object: { kind, apiVersion, metadata, ...empty } }));
  }

  #after(ms: number, action: () => void): void {
    if (this.#closed) return;
    const timer = this.#options.clock.setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    for (const timer of this.#timers) this.#options.clock.clearTimeout(timer);
    this.#timers.clear();
    this.#options.onClose(this);
  }
}

function tooOld(asked: string, oldest: number): Status {
  return {
    code: 410,
    reason: 'Expired',
    message: `too old resource version: ${asked} (${String(oldest)})`,
  };
}
