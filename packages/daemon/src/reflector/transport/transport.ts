/** Query parameters; encoded by the transport. */
export type Query = Readonly<Record<string, string>>;

/** A response whose body is still arriving. */
export interface ApiResponse {
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
  stream(path: string, query: Query, signal: AbortSignal): Promise<ApiResponse>;
}

/** A request that changes something, such as writing an Event. */
export interface ApiWrite {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly body?: string;
  /** `application/json` if not given. */
  readonly contentType?: string;
  readonly signal: AbortSignal;
}

/** A transport that can also write, and that owns connections. */
export interface ApiClient extends ApiTransport {
  send(request: ApiWrite): Promise<ApiResponse>;
  /** Closes every connection; requests in flight fail. */
  close(): void;
}
