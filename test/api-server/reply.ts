import { gzipSync } from 'node:zlib';

/** Where the bytes of a response go. */
export interface Sink {
  write(bytes: Buffer): void;
  /** The response is complete. */
  end(): void;
  /** The connection breaks: by a reset, or closed in the middle as a crashing process does. */
  cut(how: Cut): void;
}

export type Cut = 'rst' | 'fin';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** A response. `start` is called once, after the headers have been sent. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Returns what to do when the client goes away. */
  readonly start: (sink: Sink) => () => void;
}

/** What happens to a request: an answer, silence, or a connection reset. */
export type Outcome = Reply | 'hang' | 'reset';

/** Kubernetes' `metav1.Status`. */
export interface Status {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export function statusObject({ code, reason, message, details }: Status): Record<string, unknown> {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

export function statusReply(status: Status, headers: Readonly<Record<string, string>> = {}): Reply {
  return jsonReply(status.code, `${JSON.stringify(statusObject(status))}\n`, headers);
}

/** Lists above this size are compressed for whoever accepts it, as by default since Kubernetes 1.16. */
const compressedFrom = 128 << 10;

/** The body of a list. */
export function listReply(body: string, { headers }: Request): Reply {
  const accepted = String(headers['accept-encoding'] ?? '').includes('gzip');
  if (!accepted || body.length <= compressedFrom) return jsonReply(200, body);
  const bytes = gzipSync(body, { level: 1 });
  return bytesReply(200, bytes, { 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
}

/** Go sends a length with bodies below this size, and larger ones in chunks. */
const chunkedFrom = 2048;

export function jsonReply(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return bytesReply(status, Buffer.from(body), headers);
}

function bytesReply(status: number, bytes: Buffer, headers: Readonly<Record<string, string>>): Reply {
  return {
    status,
    headers: {
      ...jsonHeaders,
      ...(bytes.length < chunkedFrom ? { 'content-length': String(bytes.length) } : { 'transfer-encoding': 'chunked' }),
      ...headers,
    },
    start: (sink) => {
      sink.write(bytes);
      sink.end();
      return () => undefined;
    },
  };
}

export const jsonHeaders = { 'cache-control': 'no-cache, private', 'content-type': 'application/json' } as const;
