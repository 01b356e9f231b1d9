import type { KubernetesObject } from '@nftproxier/core';
import { sleep, systemClock, type Clock } from '../clock.js';
import { ApiStatusError, ReflectorError, messageOf } from '../errors.js';
import { objectName, type ApiObject, type Resource } from '../resource.js';
import type { ApiTransport } from '../transport/transport.js';
import { audit } from './audit.js';
import { backoff, draw } from './backoff.js';
import { Delivery, type BatchHandler } from './delivery.js';
import type { Wire } from './exchange.js';
import { defaultLimits, type Limits } from './limits.js';
import { list } from './list.js';
import { blamesWatchList, mayBeStuck, recover, refusesWatchList } from './recovery.js';
import { allProtections, type Protections } from './protections.js';
import { Slice } from './slice.js';
import { newCounters, type Warning, type WatchStatus } from './status.js';
import { Store, type ObjectEvent, type Snapshot } from './store.js';
import { warningFor, type WarningCode } from './warnings.js';
import { watch } from './watch.js';

export interface ReflectorOptions<T> {
  readonly transport: ApiTransport;
  readonly resource: Resource<T>;
  readonly handler: BatchHandler<T>;
  /** Told once of everything a person should know about; `status().warnings` has what is still true. */
  readonly onWarning?: (warning: Warning) => void;
  readonly clock?: Clock;
  /** From 0 up to but not including 1. */
  readonly random?: () => number;
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
  readonly #store: Store<T>;
  readonly #delivery: Delivery<T>;
  readonly #wire: Wire;
  readonly #counters = newCounters();
  readonly #warnings = new Map<WarningCode, Warning>();
  readonly #stopping = new AbortController();
  #attempt = new AbortController();
  #interruption: ReflectorError | undefined;
  #running: Promise<void> | undefined;
  #resolveSynced: () => void = () => undefined;
  #state: WatchStatus['state'] = 'stopped';
  #lastByteAt: number | undefined;
  #sawBytes = false;
  #syncedSince: number | undefined;
  #staleSince: number | undefined;
  #lastError: WatchStatus['lastError'];
  #failures = 0;
  #stuck = 0;
  #useWatchList = true;
  #watchListFailures = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#recover = options.recover ?? recover;
    this.#protections = { ...allProtections, ...options.protections };
    this.synced = new Promise((resolve) => (this.#resolveSynced = resolve));
    this.#store = new Store(
      options.resource.project,
      (object, thrown) => this.#unusable(object, thrown),
      this.#protections,
    );
    this.#wire = { transport: options.transport, clock: this.#clock, onBytes: () => this.#onBytes() };
    this.#delivery = new Delivery({
      handler: options.handler,
      objects: () => this.#store.objects(),
      clock: this.#clock,
      random: this.#random,
      limits: this.#limits,
      protections: this.#protections,
      onTaken: () => this.#onTaken(),
      onThrown: (thrown) => this.#onThrown(thrown),
    });
  }

  /** Begins. Throws if it has begun before. */
  start(): void {
    if (this.#running) throw new Error(`the reflector of ${this.#options.resource.path} was started before`);
    this.#staleSince = this.#clock.now();
    this.#running = Promise.all([this.#run(), this.#audits()]).then(() => undefined);
  }

  /** Ends, and resolves when nothing is left: a batch that the handler is working on is waited for. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#attempt.abort();
    await Promise.all([this.#running, this.#delivery.stop()]);
    this.#state = 'stopped';
  }

  status(): WatchStatus {
    return {
      kind: this.#options.resource.kind,
      path: this.#options.resource.path,
      state: this.#state,
      objects: this.#store.size,
      resourceVersion: this.#store.resourceVersion,
      lastByteAt: this.#lastByteAt,
      syncedSince: this.#syncedSince,
      staleSince: this.#staleSince,
      lastError: this.#lastError,
      ...this.#counters,
      warnings: [...this.#warnings.values()],
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#attempt = new AbortController();
      this.#sawBytes = false;
      let wait = 0;
      try {
        await this.#once(this.#attempt.signal);
      } catch (thrown) {
        const error = this.#interruption ?? thrown;
        this.#interruption = undefined;
        if (!this.#stopping.signal.aborted) wait = await this.#failed(error);
      }
      if (wait > 0) {
        this.#state = 'waiting';
        await sleep(this.#clock, wait, signal);
      }
    }
  }

  /** One list or watch. */
  async #once(signal: AbortSignal): Promise<void> {
    const { resource } = this.#options;
    const from = this.#store.resourceVersion;
    const common = { wire: this.#wire, resource, limits: this.#limits, signal, slice: this.#slice() };
    if (from === undefined) {
      this.#state = 'listing';
      this.#counters.lists++;
      if (!this.#useWatchList) {
        const snapshot: Snapshot<T> = new Map();
        const version = await list({
          ...common,
          onObject: (object) => this.#store.collect(snapshot, object),
          onRestart: () => snapshot.clear(),
        });
        await this.#onSynced(this.#store.replace(snapshot, version));
        return;
      }
    }
    this.#counters.watches++;
    const began = this.#clock.now();
    await watch({
      ...common,
      random: this.#random,
      store: this.#store,
      protections: this.#protections,
      onOpen: () => {
        if (from !== undefined) this.#onCurrent();
      },
      onSynced: (events) => {
        this.#watchListFailures = 0;
        return this.#onSynced(events);
      },
      onEvents: (events) => this.#delivery.changed(events),
      onProgress: () => this.#onProgress(),
      onStale: () => this.#counters.staleEvents++,
    });
    if (this.#clock.now() - began < this.#limits.shortWatchMs) {
      throw new ReflectorError(
        'short-watch',
        `the API server closed the watch of ${resource.path} right after it began`,
      );
    }
    this.#onProgress();
  }

  /** Takes note of a failure. Returns how long to wait, in milliseconds. */
  async #failed(error: unknown): Promise<number> {
    const { resource } = this.#options;
    const wasListing = this.#store.resourceVersion === undefined;
    this.#counters.errors++;
    this.#staleSince ??= this.#lastByteAt ?? this.#clock.now();
    this.#lastError = {
      at: this.#clock.now(),
      code: error instanceof ReflectorError ? error.code : 'unexpected',
      message: messageOf(error),
    };
    if (mayBeStuck(error)) {
      this.#counters.badLines++;
      this.#stuck++;
    }
    if (wasListing && this.#useWatchList) this.#blameWatchList(error);
    const warning = warningFor(error, resource, wasListing && !this.#useWatchList ? 'list' : 'watch', this.#failures);
    if (warning) this.#warn(warning.code, warning.message);
    if (await this.#isAbsent(error)) return draw([this.#limits.absentMs, this.#limits.absentMs * 1.5], this.#random);
    const recovery = this.#recover(error, { failures: this.#failures, stuck: this.#stuck, sawBytes: this.#sawBytes });
    if (recovery.next === 'relist') {
      this.#store.reset(recovery.wentBack);
      this.#stuck = 0;
    }
    const failures = this.#failures++;
    return recovery.wait || recovery.atLeastMs > 0
      ? backoff(failures, recovery.atLeastMs, this.#limits, this.#random)
      : 0;
  }

  #blameWatchList(error: unknown): void {
    if (blamesWatchList(error)) this.#watchListFailures++;
    if (!refusesWatchList(error) && this.#watchListFailures < watchListChances) return;
    this.#useWatchList = false;
    const { path } = this.#options.resource;
    this.#warn('watch-list-unsupported', `lists ${path} in pages from now on: ${messageOf(error)}`);
  }

  /** A resource that the cluster may do without counts as empty, unless it has been seen. */
  async #isAbsent(error: unknown): Promise<boolean> {
    const refused = error instanceof ApiStatusError && (error.status === 404 || error.status === 403);
    if (!refused || this.#options.resource.optional !== true || this.#store.lists > 0) return false;
    if (this.#syncedSince === undefined) await this.#delivery.synced([]);
    return true;
  }

  /** Compares with a fresh list from time to time, and has what differs mended by a relist. */
  async #audits(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await sleep(this.#clock, draw(this.#limits.auditMs, this.#random), signal);
      if (signal.aborted) return;
      if (this.#state !== 'watching') continue;
      const { resource } = this.#options;
      try {
        // Its bytes say nothing about the watch.
        const wire: Wire = { ...this.#wire, onBytes: () => undefined };
        const differing = await audit(this.#store, {
          wire,
          resource,
          limits: this.#limits,
          signal,
          slice: this.#slice(),
        });
        if (differing === undefined || this.#state !== 'watching') continue;
        this.#counters.audits++;
        this.#counters.auditDifferences += differing.length;
        if (differing.length > 0) this.#interrupt(differing);
      } catch (error) {
        if (signal.aborted) return;
        this.#lastError = { at: this.#clock.now(), code: 'audit', message: `the audit failed: ${messageOf(error)}` };
      }
    }
  }

  #interrupt(differing: readonly string[]): void {
    const { path } = this.#options.resource;
    const some = differing.slice(0, 5).join(', ');
    const message = `an audit of ${path} found ${String(differing.length)} objects to differ from a fresh list: ${some}`;
    this.#warn('audit-difference', message);
    this.#interruption = new ReflectorError('audit-difference', message);
    this.#attempt.abort();
  }

  #slice(): Slice {
    return new Slice(this.#clock, this.#limits.sliceMs);
  }

  #onBytes(): void {
    this.#lastByteAt = this.#clock.now();
    this.#sawBytes = true;
  }

  #onSynced(events: ObjectEvent<T>[]): Promise<void> {
    this.#onCurrent();
    return this.#delivery.synced(events);
  }

  /** The server takes requests, and tells of changes. */
  #onCurrent(): void {
    this.#state = 'watching';
    this.#staleSince = undefined;
    for (const code of ['permission-missing', 'not-served', 'not-authenticated', 'unreachable', 'tls'] as const) {
      this.#warnings.delete(code);
    }
  }

  #onProgress(): void {
    this.#failures = 0;
    this.#stuck = 0;
    this.#warnings.delete('api-server-failing');
  }

  #onTaken(): void {
    this.#warnings.delete('handler-failing');
    if (this.#syncedSince !== undefined) return;
    this.#syncedSince = this.#clock.now();
    this.#resolveSynced();
  }

  #onThrown(thrown: unknown): void {
    this.#counters.handlerErrors++;
    const message = `the handler of ${this.#options.resource.path} threw and will be given everything anew: ${messageOf(thrown)}`;
    this.#lastError = { at: this.#clock.now(), code: 'handler', message };
    this.#warn('handler-failing', message);
  }

  #unusable(object: ApiObject, thrown: unknown): void {
    this.#counters.unusableObjects++;
    const message = `${objectName(object)} of ${this.#options.resource.path} cannot be read: ${messageOf(thrown)}`;
    this.#lastError = { at: this.#clock.now(), code: 'handler', message };
  }

  #warn(code: WarningCode, message: string): void {
    const before = this.#warnings.get(code);
    if (before?.message === message) return;
    const warning: Warning = { code, message, since: before?.since ?? this.#clock.now() };
    this.#warnings.set(code, warning);
    if (before) return;
    try {
      this.#options.onWarning?.(warning);
    } catch (thrown) {
      this.#lastError = { at: this.#clock.now(), code: 'handler', message: `onWarning threw: ${messageOf(thrown)}` };
    }
  }
}
