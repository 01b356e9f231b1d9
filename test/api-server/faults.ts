import type { Clock } from './clock.js';
import type { Cut, Reply, Sink, Status } from './reply.js';
import type { WatchFaults } from './watch.js';

/** What goes wrong with a request. */
export type FaultEffect =
  /** Refused; `retryAfter` in seconds is sent as a header, as a field of the Status, or both. */
  | {
      readonly type: 'status';
      readonly status: Status;
      readonly retryAfter?: number;
      readonly retryAfterIn?: 'header' | 'details' | 'both';
    }
  /** The connection is accepted and then reset. */
  | { readonly type: 'reset' }
  /** No answer. */
  | { readonly type: 'hang' }
  /** The connection breaks after so many bytes of the body. */
  | { readonly type: 'cut'; readonly afterBytes: number; readonly how: Cut }
  /** The body stops after so many bytes; the connection stays. */
  | { readonly type: 'stall'; readonly afterBytes: number }
  /** The body comes in small pieces. */
  | { readonly type: 'trickle'; readonly bytes: number; readonly everyMs: number }
  | { readonly type: 'watch'; readonly faults: WatchFaults }
  /** WatchList is not known: the parameter is refused, as by Kubernetes 1.33, or overlooked, as by 1.26. */
  | { readonly type: 'no-watch-list'; readonly how: 'refuse' | 'overlook' };

/** Which requests go wrong, and how. */
export interface Fault {
  readonly kind?: string;
  /** `watch` includes WatchLists. */
  readonly verb?: 'list' | 'watch' | 'watch-list' | 'get';
  /** Only pages after the first, or only first ones. */
  readonly page?: 'first' | 'later';
  /** How often; for ever if not given. */
  readonly times?: number;
  readonly effect: FaultEffect;
}

export interface FaultRequest {
  readonly kind: string | undefined;
  readonly verb: 'list' | 'watch' | 'watch-list' | 'get' | 'other';
  readonly page: 'first' | 'later';
}

/** The faults that are switched on. */
export class Faults {
  #active: { readonly fault: Fault; left: number }[] = [];

  /** Returns how to switch it off again. */
  set(fault: Fault): () => void {
    const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#active.push(entry);
    return () => {
      this.#active = this.#active.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.#active = [];
  }

  /** The effects on a request; counts it. */
  take(request: FaultRequest): readonly FaultEffect[] {
    const effects: FaultEffect[] = [];
    for (const entry of this.#active) {
      if (entry.left <= 0 || !concerns(entry.fault, request)) continue;
      entry.left--;
      effects.push(entry.fault.effect);
    }
    this.#active = this.#active.filter(({ left }) => left > 0);
    return effects;
  }
}

function concerns({ kind, verb, page }: Fault, request: FaultRequest): boolean {
  const sameVerb = verb === undefined || verb === request.verb || (verb === 'watch' && request.verb === 'watch-list');
  return sameVerb && (kind === undefined || kind === request.kind) && (page === undefined || page === request.page);
}

/** What the effects make of a body. */
export function spoil(reply: Reply, effects: readonly FaultEffect[], clock: Clock): Reply {
  return effects.reduce((result, effect) => {
    if (effect.type === 'cut') return { ...result, start: (sink) => result.start(cutting(sink, effect)) };
    if (effect.type === 'stall') return { ...result, start: (sink) => result.start(stalling(sink, effect.afterBytes)) };
    if (effect.type === 'trickle') return trickling(result, effect, clock);
    return result;
  }, reply);
}

function cutting(sink: Sink, { afterBytes, how }: { afterBytes: number; how: Cut }): Sink {
  let left = afterBytes;
  const isOver = (): boolean => left < 0;
  return {
    write: (bytes) => {
      if (isOver()) return;
      if (bytes.length < left) {
        left -= bytes.length;
        return sink.write(bytes);
      }
      sink.write(bytes.subarray(0, left));
      left = -1;
      sink.cut(how);
    },
    end: () => {
      if (!isOver()) sink.end();
    },
    cut: (other) => {
      if (!isOver()) sink.cut(other);
    },
  };
}

function stalling(sink: Sink, afterBytes: number): Sink {
  let left = afterBytes;
  return {
    write: (bytes) => {
      if (left > 0) sink.write(bytes.subarray(0, left));
      left -= bytes.length;
    },
    end: () => {
      if (left >= 0) sink.end();
    },
    cut: (how) => sink.cut(how),
  };
}

function trickling(reply: Reply, { bytes, everyMs }: { bytes: number; everyMs: number }, clock: Clock): Reply {
  return {
    ...reply,
    start: (sink) => {
      let queue = Buffer.alloc(0);
      let ended = false;
      let timer: unknown;
      const step = (): void => {
        sink.write(queue.subarray(0, bytes));
        queue = queue.subarray(bytes);
        if (queue.length > 0) timer = clock.setTimeout(step, everyMs);
        else {
          timer = undefined;
          if (ended) sink.end();
        }
      };
      const gone = reply.start({
        write: (more) => {
          queue = Buffer.concat([queue, more]);
          timer ??= clock.setTimeout(step, everyMs);
        },
        end: () => {
          ended = true;
          if (timer === undefined) sink.end();
        },
        cut: (how) => sink.cut(how),
      });
      return () => {
        clock.clearTimeout(timer);
        gone();
      };
    },
  };
}
