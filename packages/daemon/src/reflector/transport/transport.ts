/** Query parameters; encoded by the transport. */
export type Query = Readonly<Record<string, string>>;

/** A response whose body is still arriving. */
export interface ApiResponse {
  /** HTTP status code, whatever it is: the transport leaves errors of the server to its caller. */
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /**
   * The body as it arrives. Ends normally only when the response is complete, throws when the connection broke, and
   * throws once the request's signal aborts.
   */
  readonly body: AsyncIterable<Buffer>;
}

/**
 * The one thing a reflector needs from the world: a GET whose body is a stream. Credentials, proxies, TLS and
 * connection reuse are the transport's; it rejects with a `ReflectorError` when there is no response at all.
 * Time limits are the caller's, who aborts `signal`, upon which the transport lets go of the connection.
 */
export interface ApiTransport {
  /** The API server's address, for messages. */
  readonly server: string;
  /** GETs `path` (below `server`); resolves when the headers of the response are there. */
  stream(path: string, query: Query, signal: AbortSignal): Promise<ApiResponse>;
}

/** A request that changes something, such as writing an Event. */
export interface ApiWrite {
  /** A PATCH needs a `contentType` of its own, such as `application/merge-patch+json`. */
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below `server`, such as `/apis/events.k8s.io/v1/namespaces/default/events`. */
  readonly path: string;
  /** None if not given. */
  readonly query?: Query;
  /** The whole body, as text; none if not given. */
  readonly body?: string;
  /** `application/json` if not given. */
  readonly contentType?: string;
  /** Ends the request, also while its response is arriving: the promise or the body rejects. */
  readonly signal: AbortSignal;
}

/** A transport that can also write, and that owns connections. */
export interface ApiClient extends ApiTransport {
  /** Sends a request once: unlike a GET it is not repeated when the connection breaks. Rejects as `stream` does. */
  send(request: ApiWrite): Promise<ApiResponse>;
  /** Closes every connection; requests in flight fail. */
  close(): void;
}
