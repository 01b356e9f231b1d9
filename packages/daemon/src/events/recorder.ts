import { type EventFacts, type EventObject, eventObject, microTime, type Reporter } from './event.js';
import { tokenBucket } from './token-bucket.js';

/** How Events reach the API server. Both reject with an error; one whose `status` is 404 says that the Event is gone. */
export interface EventTransport {
  readonly post: (path: string, body: EventObject) => Promise<void>;
  /** A merge patch (`application/merge-patch+json`). */
  readonly patch: (path: string, body: object) => Promise<void>;
}

/** What became of something that was to be sent. */
export type EventResult = 'sent' | 'failed' | 'dropped';

/** Surroundings of a recorder. */
export interface EventRecorderOptions {
  readonly transport: EventTransport;
  readonly reporter: Reporter;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly finished?: (result: EventResult, event: EventFacts, error?: unknown) => void;
}

/** Sends Events, best effort: nothing waits for them and nothing fails with them. */
export interface EventRecorder {
  readonly emit: (event: EventFacts) => void;
  /** Resolves when everything emitted so far has been sent or given up. */
  readonly settled: () => Promise<void>;
  /** Gives up what is waiting. */
  readonly stop: () => Promise<void>;
}

/** What happens again within this time is the same Event with a higher count. */
const seriesLength = 6 * 60_000;

/** A count is written at most this often, so that something that happens all the time costs next to nothing. */
const patchPeriod = 60_000;

const mostKept = 1_000;
const mostWaiting = 100;
// About a minute and a half altogether: a node starts before the API server can be reached.
const attempts = 12;
const firstPause = 1_000;
const longestPause = 10_000;

interface Series {
  readonly event: EventObject;
  readonly facts: EventFacts;
  count: number;
  lastSeen: number;
  lastWritten: number;
}

const collection = (namespace: string): string =>
  `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;

/** What makes two Events the same: everything but the words for people and the time. */
const keyOf = ({ regarding, type, reason, action }: EventFacts): string =>
  JSON.stringify([
    regarding.kind,
    regarding.namespace ?? '',
    regarding.name,
    regarding.uid ?? '',
    type,
    reason,
    action,
  ]);

const statusOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;

/**
 * Starts a recorder. New Events: 25 at once, then one every 5 seconds; what is more, or would wait behind 100 others, is
 * dropped. Something that happens again within 6 minutes raises the count of its Event, written at most once a minute. What
 * fails is tried twelve times, with pauses of up to 10 seconds.
 */
export const createEventRecorder = (options: EventRecorderOptions): EventRecorder => {
  const { transport, reporter, now, sleep, finished = () => undefined } = options;
  const kept = new Map<string, Series>();
  const bucket = tokenBucket(25, 0.2);
  const stopping = new AbortController();
  let sequence = 0n;
  let waiting = 0;
  let chain: Promise<void> = Promise.resolve();

  const deliver = async (send: () => Promise<void>): Promise<unknown> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await send();
        return undefined;
      } catch (error) {
        const status = statusOf(error);
        // Refused is refused: only what may have been bad luck is tried again.
        const isFinal = typeof status === 'number' && status >= 400 && status < 500 && status !== 429;
        if (isFinal || attempt === attempts || stopping.signal.aborted) return error;
        await sleep(Math.min(longestPause, firstPause * 2 ** (attempt - 1)), stopping.signal);
      }
    }
  };

  const enqueue = (facts: EventFacts, send: () => Promise<void>): void => {
    if (waiting >= mostWaiting || stopping.signal.aborted) {
      finished('dropped', facts);
      return;
    }
    waiting += 1;
    chain = chain.then(async () => {
      const error = stopping.signal.aborted ? new Error('stopped') : await deliver(send);
      waiting -= 1;
      if (error === undefined) finished('sent', facts);
      else finished('failed', facts, error);
    });
  };

  const forget = (time: number): void => {
    for (const [key, { lastSeen }] of kept) if (time - lastSeen >= seriesLength) kept.delete(key);
    for (const key of kept.keys()) {
      if (kept.size < mostKept) break;
      kept.delete(key);
    }
  };

  const create = (key: string, facts: EventFacts, time: number): void => {
    if (!bucket.take(time)) {
      finished('dropped', facts);
      return;
    }
    forget(time);
    sequence += 1n;
    const event = eventObject(facts, reporter, time, BigInt(Math.floor(time)) * 1_000_000n + sequence);
    kept.set(key, { event, facts, count: 1, lastSeen: time, lastWritten: time });
    enqueue(facts, () => transport.post(collection(event.metadata.namespace), event));
  };

  const raise = (series: Series): void => {
    const write = async (): Promise<void> => {
      const { event, count, lastSeen } = series;
      const { name, namespace } = event.metadata;
      const body = { series: { count, lastObservedTime: microTime(lastSeen) } };
      try {
        await transport.patch(`${collection(namespace)}/${encodeURIComponent(name)}`, body);
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
        // The API server forgets Events after an hour, or it never got this one.
        await transport.post(collection(namespace), { ...event, ...body });
      }
    };
    enqueue(series.facts, write);
  };

  return {
    emit: (facts) => {
      const time = now();
      const key = keyOf(facts);
      const series = kept.get(key);
      if (series === undefined || time - series.lastSeen >= seriesLength) {
        create(key, facts, time);
        return;
      }
      series.count += 1;
      series.lastSeen = time;
      const isFirst = series.count === 2;
      if (!isFirst && time - series.lastWritten < patchPeriod) return;
      series.lastWritten = time;
      raise(series);
    },
    settled: () => chain,
    stop: async () => {
      stopping.abort();
      await chain;
    },
  };
};
