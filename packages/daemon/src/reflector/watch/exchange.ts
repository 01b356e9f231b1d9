import type { Clock } from '../clock.js';
import { ReflectorError } from '../errors.js';
import type { ApiResponse, ApiTransport, Query } from '../transport/transport.js';
import { errorFromResponse } from '../wire/status.js';
import { Watchdog, type Silence } from './watchdog.js';

/** What a request needs besides its address. */
export interface Wire {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** Told of every chunk of a body. */
  readonly onBytes: () => void;
}

/** A request, its time limits, and its release, whichever way it ends. */
export interface Exchange {
  readonly path: string;
  readonly query: Query;
  readonly headersMs: number;
  readonly signal: AbortSignal;
}

/** Bodies of refusals are Status objects; of what a proxy may send instead, the beginning is enough. */
const refusalBytes = 64 << 10;

/**
 * Makes a GET and hands the chunks of its body to `read`. Silence is limited by what `silence` returns before each
 * chunk; the time that the reader takes does not count. When this returns or throws, the connection is released.
 */
export async function exchange<R>(
  wire: Wire,
  request: Exchange,
  silence: () => Silence,
  read: (chunks: AsyncIterable<Buffer>) => Promise<R>,
): Promise<R> {
  const { clock } = wire;
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  const watchdog = new Watchdog(clock, (error) => {
    abort.abort(error);
  });

  async function within<V>(limit: Silence, work: () => Promise<V>): Promise<V> {
    watchdog.expect(limit);
    try {
      const result = await work();
      if (watchdog.expired) throw watchdog.expired;
      return result;
    } catch (error) {
      throw watchdog.expired ?? error;
    } finally {
      watchdog.rest();
    }
  }

  async function* chunks(response: ApiResponse, limit: () => Silence): AsyncGenerator<Buffer, void, undefined> {
    const iterator = response.body[Symbol.asyncIterator]();
    for (;;) {
      const next = await within(limit(), () => iterator.next());
      if (next.done === true) return;
      wire.onBytes();
      yield next.value;
    }
  }

  if (request.signal.aborted) throw new ReflectorError('connection-lost', 'stopped');
  request.signal.addEventListener('abort', stop, { once: true });
  try {
    const headers = { ms: request.headersMs, error: () => noHeaders(wire, request) };
    const response = await within(headers, () => wire.transport.stream(request.path, request.query, abort.signal));
    if (response.status === 200) return await read(chunks(response, silence));
    const body = await readText(chunks(response, () => headers));
    const retryAfter = response.headers['retry-after'];
    throw errorFromResponse(
      `GET ${request.path}`,
      response.status,
      typeof retryAfter === 'string' ? retryAfter : undefined,
      body,
      clock.now(),
    );
  } finally {
    request.signal.removeEventListener('abort', stop);
    watchdog.stop();
    abort.abort();
  }
}

async function readText(chunks: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= refusalBytes) break;
  }
  return Buffer.concat(parts).toString('utf8', 0, refusalBytes);
}

function noHeaders(wire: Wire, request: Exchange): ReflectorError {
  const seconds = String(request.headersMs / 1000);
  return new ReflectorError(
    'headers-timeout',
    `${wire.transport.server} accepted the connection but did not answer GET ${request.path} for ${seconds} s`,
  );
}
