import type { Clock } from '../clock.js';
import { backoff } from './backoff.js';
import type { Limits } from './limits.js';
import type { Protections } from './protections.js';
import type { ObjectEvent } from './store.js';

/** What a handler is told. */
export type Batch<T> =
  /** Everything there is: whatever was told before and is not among `objects` is gone. */
  | { readonly type: 'replace'; readonly objects: readonly T[] }
  /** What changed, in this order. An object that was deleted and created again under its name is a delete, then a set. */
  | { readonly type: 'delta'; readonly events: readonly ObjectEvent<T>[] };

/**
 * Is told of every change, one batch at a time: the next one waits for a promise that it returns, and meanwhile nothing
 * more is read from the server. If it throws or rejects, it has to expect that what it did with the batch is lost: it
 * will be given everything anew in a `replace`, until it takes it.
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
  /** What was told is not what there is: the next batch is a `replace`. */
  #behind = true;
  #failures = 0;
  #retry: unknown;
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: DeliveryOptions<T>) {
    this.#options = options;
  }

  /** After a complete list. `events` are the differences that it made. */
  synced(events: readonly ObjectEvent<T>[]): Promise<void> {
    return this.#behind ? this.#replace() : this.changed(events);
  }

  /** After changes. */
  changed(events: readonly ObjectEvent<T>[]): Promise<void> {
    // While the handler is behind, a replace is due, which includes these.
    return this.#behind || events.length === 0 ? this.#turn : this.#deliver(() => ({ type: 'delta', events }));
  }

  /** Nothing is delivered after this; resolves when a batch that is being delivered has been taken. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#options.clock.clearTimeout(this.#retry);
    return this.#turn;
  }

  #replace(): Promise<void> {
    this.#options.clock.clearTimeout(this.#retry);
    return this.#deliver(() => ({ type: 'replace', objects: this.#options.objects() }));
  }

  #deliver(batch: () => Batch<T>): Promise<void> {
    this.#turn = this.#turn.then(() => this.#hand(batch()));
    return this.#turn;
  }

  async #hand(batch: Batch<T>): Promise<void> {
    const { handler, onTaken, onThrown, clock, random, limits, protections } = this.#options;
    if (this.#stopped || (batch.type === 'delta' && this.#behind)) return;
    // From here on changes are told separately: the snapshot of a replace has been taken.
    this.#behind = false;
    try {
      await handler(batch);
      this.#failures = 0;
      onTaken();
    } catch (thrown) {
      onThrown(thrown);
      if (this.#stopped || !protections.rebuildAfterThrow) return;
      this.#behind = true;
      this.#retry = clock.setTimeout(() => void this.#replace(), backoff(this.#failures++, 0, limits, random));
    }
  }
}
