import type { KubernetesObject } from '@nftproxier/core';
import { sleep, systemClock, type Clock } from '../clock.js';
import { ApiStatusError, ReflectorError, messageOf } from '../errors.js';
import { objectName, type Resource } from '../resource.js';
import type { ApiTransport } from '../transport/transport.js';
import { audit } from './audit.js';
import { backoff, draw } from './backoff.js';
import type { Change } from './change.js';
import { Delivery, type BatchHandler } from './delivery.js';
import type { Wire } from './exchange.js';
import { Health } from './health.js';
import { defaultLimits, type Limits } from './limits.js';
import { list, type ListRequest } from './list.js';
import { allProtections, type Protections } from './protections.js';
import { blamesWatchList, mayBeStuck, recover, refusesWatchList } from './recovery.js';
import { Slice } from './slice.js';
import type { Warning, WatchStatus } from './status.js';
import { Store, type Snapshot } from './store.js';
import { watch } from './watch.js';

/** What a reflector works with: resource, transport and handler, and defaults for the rest. */
export interface ReflectorOptions<T> {
  /** The way to the API server; remains the caller's to close. */
  readonly transport: ApiTransport;
  /** What to list and watch, and what to keep of it. */
  readonly resource: Resource<T>;
  /** Told of the objects, one batch at a time. */
  readonly handler: BatchHandler<T>;
  /** Told once of everything a person should know about; `status().warnings` has what is still true. */
  readonly onWarning?: (warning: Warning) => void;
  /** {@link systemClock} if not given. */
  readonly clock?: Clock;
  /** From 0 up to but not including 1. */
  readonly random?: () => number;
  /** Those that differ from {@link defaultLimits}. */
  readonly limits?: Partial<Limits>;
  /** The rule of resumption, for tests that show what each part of it is good for. */
  readonly recover?: typeof recover;
  /** All are on if not given. */
  readonly protections?: Partial<Protections>;
}

/** WatchLists that may fail before their end, in a row, until lists take over for good. */
const watchListChances = 2;

/**
 * Keeps a copy of a resource of the API server, and tells a handler of it: first everything, then every change.
 *
 * - Nothing is told before the first complete list.
 * - At rest, what was told equals what the server has. Whatever fails is tried again, for ever, at a bounded rate.
 * - Nothing is ever told to be gone because of missing information.
 * - After `stop()` no handler is called, and no connection, timer or request is left.
 */
export class Reflector<T extends KubernetesObject> {
  /** Resolves when the handler has taken the first complete list. Stays pending if stopped before. */
  readonly synced: Promise<void>;
  readonly #options: ReflectorOptions<T>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #limits: Limits;
  readonly #recover: typeof recover;
  readonly #protections: Protections;
  readonly #health: Health;
  readonly #store: Store<T>;
  readonly #delivery: Delivery<T>;
  readonly #wire: Wire;
  readonly #stopping = new AbortController();
  #attempt = new AbortController();
  #interruption: ReflectorError | undefined;
  #running: Promise<unknown> | undefined;
  /** Whether the response under way carried anything. */
  #sawBytes = false;
  /** Failures in a row without an event or bookmark in between. */
  #failures = 0;
  /** Fresh lists since then. */
  #relists = 0;
  #stuck = 0;
  #useWatchList = true;
  #watchListFailures = 0;

  constructor(options: ReflectorOptions<T>) {
    const { resource, transport, handler, onWarning } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#recover = options.recover ?? recover;
    this.#protections = { ...allProtections, ...options.protections };
    const health = new Health(resource, this.#clock, onWarning);
    this.#health = health;
    const unusable: ConstructorParameters<typeof Store<T>>[1] = (object, thrown) =>
      health.unusable(objectName(object), thrown);
    this.#store = new Store(resource.project, unusable, this.#protections);
    const onBytes = (): void => {
      this.#sawBytes = true;
      health.bytes();
    };
    this.#wire = { transport, clock: this.#clock, onBytes };
    let resolveSynced: () => void;
    this.synced = new Promise((resolve) => (resolveSynced = resolve));
    this.#delivery = new Delivery({
      handler,
      objects: () => this.#store.objects(),
      clock: this.#clock,
      random: this.#random,
      limits: this.#limits,
      protections: this.#protections,
      onTaken: () => {
        health.taken();
        resolveSynced();
      },
      onThrown: (thrown) => health.handlerThrew(thrown),
    });
  }

  /** Begins. Throws if it has begun before. */
  start(): void {
    if (this.#running) throw new Error(`the reflector of ${this.#options.resource.path} was started before`);
    this.#health.started();
    this.#running = Promise.all([this.#run(), this.#audits()]);
  }

  /** Ends, and resolves when nothing is left: a batch that the handler is working on is waited for. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#attempt.abort();
    await Promise.all([this.#running, this.#delivery.stop()]);
    this.#health.state = 'stopped';
  }

  /** As of now; may be called at any time, also before `start` and after `stop`. */
  status(): WatchStatus {
    return this.#health.status(this.#store.size, this.#store.resourceVersion);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#attempt = new AbortController();
      this.#sawBytes = false;
      let wait = 0;
      try {
        if (this.#store.resourceVersion === undefined && !this.#useWatchList) await this.#list(this.#attempt.signal);
        else await this.#watch(this.#attempt.signal);
      } catch (thrown) {
        const error = this.#interruption ?? thrown;
        this.#interruption = undefined;
        if (!signal.aborted) wait = this.#failed(error);
      }
      if (wait > 0) {
        this.#health.state = 'waiting';
        await sleep(this.#clock, wait, signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.#health.state = 'listing';
    this.#health.counters.lists++;
    const snapshot: Snapshot<T> = new Map();
    const version = await list({
      ...this.#request(signal),
      onObject: (object) => this.#store.collect(snapshot, object),
      onRestart: () => snapshot.clear(),
    });
    this.#onSynced(this.#store.replace(snapshot, version));
  }

  /** Watches from where the store is; without such a place, as a WatchList. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { counters } = this.#health;
    const resuming = this.#store.resourceVersion !== undefined;
    const began = this.#clock.now();
    counters.watches++;
    if (!resuming) {
      this.#health.state = 'listing';
      counters.lists++;
    }
    await watch({
      ...this.#request(signal),
      resource: this.#options.resource,
      random: this.#random,
      store: this.#store,
      protections: this.#protections,
      onOpen: () => {
        if (resuming) this.#health.current();
      },
      onSynced: (changes) => {
        this.#watchListFailures = 0;
        this.#onSynced(changes);
      },
      onChanges: (changes) => this.#delivery.changed(changes),
      onProgress: () => this.#onProgress(),
      onStale: () => counters.staleEvents++,
    });
    if (this.#clock.now() - began < this.#limits.shortWatchMs) {
      const { path } = this.#options.resource;
      throw new ReflectorError('short-watch', `the API server closed the watch of ${path} right after it began`);
    }
    this.#onProgress();
  }

  /** Takes note of a failure. Returns how long to wait, in milliseconds. */
  #failed(error: unknown): number {
    const wasListing = this.#store.resourceVersion === undefined;
    if (mayBeStuck(error)) {
      this.#health.counters.badLines++;
      this.#stuck++;
    }
    if (wasListing && this.#useWatchList) this.#blameWatchList(error);
    this.#health.failed(error, wasListing && !this.#useWatchList ? 'list' : 'watch', this.#failures);
    if (this.#isAbsent(error)) return draw([this.#limits.absentMs, this.#limits.absentMs * 1.5], this.#random);
    const attempt = { relists: this.#relists, stuck: this.#stuck, sawBytes: this.#sawBytes };
    const { next, wentBack, wait, atLeastMs } = this.#recover(error, attempt);
    if (next === 'relist') {
      this.#store.reset(wentBack);
      this.#relists++;
      this.#stuck = 0;
    }
    const failures = this.#failures++;
    return wait || atLeastMs > 0 ? backoff(failures, atLeastMs, this.#limits, this.#random) : 0;
  }

  #blameWatchList(error: unknown): void {
    if (blamesWatchList(error)) this.#watchListFailures++;
    if (!refusesWatchList(error) && this.#watchListFailures < watchListChances) return;
    this.#useWatchList = false;
    const { path } = this.#options.resource;
    this.#health.warn('watch-list-unsupported', `lists ${path} in pages from now on: ${messageOf(error)}`);
  }

  /** A resource that the cluster may do without counts as empty, unless it has been seen. */
  #isAbsent(error: unknown): boolean {
    const refused = error instanceof ApiStatusError && (error.status === 404 || error.status === 403);
    if (!refused || this.#options.resource.optional !== true || this.#store.lists > 0) return false;
    if (!this.#health.isSynced) this.#delivery.synced([]);
    return true;
  }

  /** Compares with a fresh list from time to time, and has what differs mended by a relist. */
  async #audits(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await sleep(this.#clock, draw(this.#limits.auditMs, this.#random), signal);
      if (signal.aborted) return;
      if (this.#health.state !== 'watching') continue;
      try {
        // Its bytes say nothing about the watch.
        const wire: Wire = { ...this.#wire, onBytes: () => undefined };
        const differing = await audit(this.#store, { ...this.#request(signal), wire });
        if (differing && this.#health.state === 'watching') this.#audited(differing);
      } catch (thrown) {
        if (!signal.aborted) this.#health.auditFailed(thrown);
      }
    }
  }

  #audited(differing: readonly string[]): void {
    this.#health.counters.audits++;
    this.#health.counters.auditDifferences += differing.length;
    if (differing.length === 0) return;
    const { path } = this.#options.resource;
    const some = differing.slice(0, 5).join(', ');
    const message = `an audit of ${path} found ${String(differing.length)} objects to differ from a fresh list: ${some}`;
    this.#health.warn('audit-difference', message);
    this.#interruption = new ReflectorError('audit-difference', message);
    this.#attempt.abort();
  }

  #request(signal: AbortSignal): Omit<ListRequest, 'onObject' | 'onRestart'> {
    const slice = new Slice(this.#clock, this.#limits.sliceMs);
    return { wire: this.#wire, resource: this.#options.resource, limits: this.#limits, signal, slice };
  }

  #onSynced(changes: readonly Change<T>[]): void {
    this.#health.current();
    this.#health.progress();
    this.#delivery.synced(changes);
  }

  #onProgress(): void {
    this.#failures = 0;
    this.#relists = 0;
    this.#stuck = 0;
    this.#health.progress();
  }
}
