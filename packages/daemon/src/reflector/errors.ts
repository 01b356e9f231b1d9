/** What went wrong, for programs. */
export type ReflectorErrorCode =
  /** The kubeconfig or the service account cannot be used. */
  | 'cluster-config'
  /** No connection to the API server. */
  | 'unreachable'
  /** The API server's certificate is not trusted, or ours is refused. */
  | 'tls'
  /** An established connection broke. */
  | 'connection-lost'
  /** The API server answered with an HTTP status other than 200, or a watch carried an ERROR event. */
  | 'api-status'
  /** No response headers in time. */
  | 'headers-timeout'
  /** A response stopped arriving. */
  | 'idle'
  /** A line of a watch is not an event of this resource. */
  | 'bad-line'
  /** A line of a watch, or an item of a list, is longer than the limit. */
  | 'too-long'
  /** A list's body is not a complete list. */
  | 'bad-list'
  /** A WatchList never announced the end of its initial events. */
  | 'no-initial-events-end'
  /** The server closed a watch right after it began. */
  | 'short-watch'
  /** The server's resource versions are lower than what it told before: it was restored from a backup. */
  | 'went-back'
  /** A handler or a projection threw. */
  | 'handler'
  /** An audit found the store to differ from a fresh list. */
  | 'audit-difference';

/** Any error of this module. The message says what, where, and what to do about it; `code` is for programs. */
export class ReflectorError extends Error {
  override readonly name: string = 'ReflectorError';
  /** The cause; its words do not change with the message's. */
  readonly code: ReflectorErrorCode;

  constructor(code: ReflectorErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A kubeconfig or service account that cannot be used. */
export class ClusterConfigError extends ReflectorError {
  override readonly name = 'ClusterConfigError';
  /** The file, or "environment". */
  readonly source: string;
  /** The field within, such as `users[0].user.client-key`; empty when it is about the file itself. */
  readonly field: string;

  constructor(source: string, field: string, problem: string, advice: string, cause?: unknown) {
    super('cluster-config', `${source}${field === '' ? '' : `: ${field}`}: ${problem}; ${advice}`, { cause });
    this.source = source;
    this.field = field;
  }
}

/** The API server refused: an HTTP status other than 200, or an ERROR event inside a watch. */
export class ApiStatusError extends ReflectorError {
  override readonly name = 'ApiStatusError';
  /** HTTP status code. */
  readonly status: number;
  /** `Status.reason`, such as `Expired` or `Forbidden`; empty when the server gave none. */
  readonly reason: string;
  /** The server's wish, from the Retry-After header or `Status.details.retryAfterSeconds`, in milliseconds; 0 if none. */
  readonly retryAfterMs: number;
  /** Whether the resource version asked for is one the server has not reached. */
  readonly versionTooLarge: boolean;

  constructor(fields: {
    status: number;
    reason: string;
    retryAfterMs: number;
    versionTooLarge: boolean;
    message: string;
  }) {
    super('api-status', fields.message);
    this.status = fields.status;
    this.reason = fields.reason;
    this.retryAfterMs = fields.retryAfterMs;
    this.versionTooLarge = fields.versionTooLarge;
  }
}

/** At most `limit` characters of `text` on one line, for messages about data that came from outside. */
export function excerpt(text: string, limit = 200): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length <= limit ? line : `${line.slice(0, limit)}…`;
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
