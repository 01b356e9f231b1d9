import type { Clock } from '../clock.js';
import { backoff } from './backoff.js';
import { eventsOf, merge, type Change, type ObjectEvent } from './change.js';
import type { Limits } from './limits.js';
import type { Protections } from './protections.js';

/** What a handler is told. */
export type Batch<T> =
  /** Everything there is: whatever was told before and is not among `objects` is gone. */
  | { readonly type: 'replace'; readonly objects: readonly T[] }
  /** What changed, in this order. An object that was deleted and created again under its name is a delete, then a set. */
  | { readonly type: 'delta'; readonly events: readonly ObjectEvent<T>[] };

/**
 * Is told of every change, one batch at a time: the next one waits for the promise that it returns, and has what came
 * meanwhile, of each object only the latest state. If it throws or rejects, it will be given everything anew, in a
 * `replace`, until it takes it.
 */
export type BatchHandler<T> = (batch: Batch<T>) => void | Promise<void>;

export interface DeliveryOptions<T> {
  readonly handler: BatchHandler<T>;
  /** Everything there is, for a `replace`. */
  readonly objects: () => readonly T[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits: Limits;
  readonly protections: Protections;
  /** The handler took everything. */
  readonly onTaken: () => void;
  readonly onThrown: (thrown: unknown) => void;
}

/** Hands batches to a handler, one at a time, and keeps its exceptions from doing harm. */
export class Delivery<T> {
  readonly #options: DeliveryOptions<T>;
  /** What has not been told yet. At most one change an object, however long the handler takes. */
  readonly #pending = new Map<string, Change<T>>();
  /** How many have ever waited in line, where they do. */
  #inLine = 0;
  /** What was told is not what there is: only a `replace` helps. */
  #behind = true;
  #replaceDue = false;
  #failures = 0;
  #retry: unknown;
  #busy = false;
  #handing: Promise<void> | undefined;
  #stopped = false;

  constructor(options: DeliveryOptions<T>) {
    this.#options = options;
  }

  /** After a complete list, and the differences that it made. */
  synced(changes: readonly Change<T>[]): void {
    if (this.#behind) this.#replace();
    else this.changed(changes);
  }

  changed(changes: readonly Change<T>[]): void {
    // Otherwise a replace is due, which includes these.
    if (this.#behind) return;
    const { tellTogether } = this.#options.protections;
    for (const change of changes) {
      merge(this.#pending, tellTogether ? change : { ...change, key: String(this.#inLine++) });
    }
    this.#hand();
  }

  /** Nothing is delivered after this; resolves when a batch that is being delivered has been taken. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#options.clock.clearTimeout(this.#retry);
    await this.#handing;
  }

  #replace(): void {
    this.#options.clock.clearTimeout(this.#retry);
    this.#replaceDue = true;
    this.#hand();
  }

  #hand(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#handing = this.#handAll();
  }

  async #handAll(): Promise<void> {
    const { handler, onTaken, onThrown } = this.#options;
    for (let batch = this.#next(); batch; batch = this.#next()) {
      try {
        await handler(batch);
        this.#failures = 0;
        onTaken();
      } catch (thrown) {
        onThrown(thrown);
        this.#onThrown();
      }
    }
    this.#busy = false;
  }

  #next(): Batch<T> | undefined {
    if (this.#stopped) return undefined;
    if (this.#replaceDue) {
      this.#replaceDue = false;
      // From here on changes are told separately: the snapshot has been taken.
      this.#behind = false;
      this.#pending.clear();
      return { type: 'replace', objects: this.#options.objects() };
    }
    while (this.#pending.size > 0) {
      const events = eventsOf(this.#take(), this.#options.protections.compareUids);
      if (events.length > 0) return { type: 'delta', events };
    }
    return undefined;
  }

  /** The changes that are told next. */
  #take(): readonly Change<T>[] {
    const waiting = [...this.#pending];
    const taken = this.#options.protections.tellTogether ? waiting : waiting.slice(0, 1);
    for (const [key] of taken) this.#pending.delete(key);
    return taken.map(([, change]) => change);
  }

  #onThrown(): void {
    const { clock, random, limits, protections } = this.#options;
    if (this.#stopped || !protections.rebuildAfterThrow) return;
    this.#behind = true;
    this.#pending.clear();
    const wait = backoff(this.#failures++, 0, limits, random);
    this.#retry = clock.setTimeout(() => this.#replace(), wait);
  }
}
