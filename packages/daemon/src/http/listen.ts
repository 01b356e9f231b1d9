import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatHostPort, type HostPort } from '../config/index.js';

/** An address cannot be listened on. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code = 'LISTEN_FAILED';
  readonly address: HostPort;

  constructor(address: HostPort, what: string, cause: unknown) {
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : String(cause);
    super(
      `${what} cannot listen on ${formatHostPort(address.host, address.port)}: ${code}. ${remedies[code] ?? ''}`.trimEnd(),
      { cause },
    );
    this.address = address;
  }
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another process listens there (kube-proxy?): stop it, or choose another address.',
  EADDRNOTAVAIL: 'No interface of this machine has the address: choose another one.',
  EACCES: 'Ports below 1024 need a capability: choose a higher port.',
};

/** What to serve and where. */
export interface ListenOptions {
  readonly address: HostPort;
  /** What the server is, for messages: "the health server". */
  readonly what: string;
  readonly listener: RequestListener;
  /** An IPv6 address takes no IPv4 connections, so that an IPv4 server may have the same port. */
  readonly ipv6Only?: boolean;
  /** Told of every failure to listen; another attempt follows unless the server is closed. */
  readonly failed: (error: ListenError) => void;
  /** Told when the server listens, with its port also where 0 was asked for. */
  readonly listening?: (address: HostPort) => void;
  /** Milliseconds between attempts. */
  readonly retryPeriod?: number;
}

/** A server that listens or keeps trying to. */
export interface ListeningServer {
  /** Where it listens; undefined while it does not. */
  readonly address: () => HostPort | undefined;
  /** Stops listening and drops all connections. */
  readonly close: () => Promise<void>;
}

/** Serves on an address, and tries again every 5 seconds while the address cannot be had. */
export const listen = (options: ListenOptions): ListeningServer => {
  const { address, what, listener, ipv6Only = false, failed, listening, retryPeriod = 5_000 } = options;
  // The health ports are open to the network: nobody may keep connections open for nothing.
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 20_000, keepAliveTimeout: 5_000 }, listener);
  server.maxConnections = 256;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const attempt = (): void => {
    server.listen({ host: address.host, port: address.port, ipv6Only, exclusive: true });
  };
  const bound = (): HostPort | undefined => {
    const info = server.address() as AddressInfo | null;
    return info === null ? undefined : { host: address.host, port: info.port };
  };
  server.on('listening', () => {
    const at = bound();
    if (at !== undefined) listening?.(at);
  });
  server.on('error', (error) => {
    if (closed) return;
    failed(new ListenError(address, what, error));
    timer = setTimeout(() => {
      if (!closed && !server.listening) attempt();
    }, retryPeriod);
    timer.unref();
  });
  // Bytes that are no HTTP get no answer, only an end.
  server.on('clientError', (_, socket) => socket.destroy());
  attempt();
  return {
    address: bound,
    close: () =>
      new Promise((resolve) => {
        closed = true;
        clearTimeout(timer);
        if (server.listening) {
          server.close(() => {
            resolve();
          });
          server.closeAllConnections();
        } else {
          // Closed in the middle of an attempt: let it finish first, or the socket would stay open.
          server.once('listening', () => server.close());
          resolve();
        }
      }),
  };
};
