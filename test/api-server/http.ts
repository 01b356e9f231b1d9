import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Reply, Sink } from './reply.js';
import type { ApiServer } from './server.js';

/** Certificates of an HTTPS server, in PEM. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
  /** Whose client certificates are accepted; if given, one is asked for. */
  readonly clientAuthority?: string;
}

export interface Listening {
  /** `http://127.0.0.1:PORT` or https. */
  readonly url: string;
  /** Open connections. */
  readonly connections: number;
  /** From now on another certificate; connections that are there stay. */
  setCertificate(certificate: ServerCertificate): void;
  /** Breaks every connection. */
  disconnect(how: 'rst' | 'fin'): void;
  /** Away: connections are broken, new ones refused. */
  stop(): Promise<void>;
  /** Back, on the same port. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Lets requests get to a stand-in over the network; by default over the loopback, on any free port. */
export async function serve(
  server: ApiServer,
  options: { readonly host?: string; readonly port?: number; readonly tls?: ServerCertificate } = {},
): Promise<Listening> {
  const { host = '127.0.0.1', tls } = options;
  const sockets = new Set<Socket>();
  const reset = (socket: Socket | null): void => {
    // A TLS socket cannot be reset, only the one beneath it.
    for (const raw of sockets) if (raw.remotePort === socket?.remotePort) raw.resetAndDestroy();
  };
  const onRequest: http.RequestListener = (request, response) => void respond(server, request, response, reset);
  const listener = tls ? https.createServer(tlsOptions(tls), onRequest) : http.createServer(onRequest);
  // Clients decide when an idle connection goes.
  listener.keepAliveTimeout = 600_000;
  listener.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  listener.on('tlsClientError', () => undefined);
  let port = options.port ?? 0;

  const start = (): Promise<void> =>
    new Promise((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(port, host, () => {
        listener.removeListener('error', reject);
        port = (listener.address() as AddressInfo).port;
        resolve();
      });
    });
  const disconnect = (how: 'rst' | 'fin'): void => {
    for (const socket of sockets)
      if (how === 'rst') socket.resetAndDestroy();
      else socket.destroy();
  };
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      listener.close(() => resolve());
      disconnect('rst');
    });
  await start();
  return {
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${String(port)}`,
    get connections() {
      return sockets.size;
    },
    setCertificate: (certificate) => {
      if (listener instanceof https.Server) listener.setSecureContext(tlsOptions(certificate));
    },
    disconnect,
    stop,
    start,
    close: () => (listener.listening ? stop() : Promise.resolve()),
  };
}

function tlsOptions({ certificate, key, clientAuthority }: ServerCertificate): https.ServerOptions {
  return {
    cert: certificate,
    key,
    ...(clientAuthority === undefined ? {} : { ca: clientAuthority, requestCert: true, rejectUnauthorized: true }),
  };
}

type Reset = (socket: Socket | null) => void;

async function respond(
  server: ApiServer,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  reset: Reset,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  let body = '';
  try {
    for await (const chunk of request) body += String(chunk);
  } catch {
    return;
  }
  const outcome = await server.handle({
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body,
  });
  // The client may have lost its patience.
  if (outcome === 'hang' || response.destroyed) return;
  if (outcome === 'reset') {
    reset(request.socket);
    return;
  }
  send(outcome, response, reset);
}

function send(reply: Reply, response: http.ServerResponse, reset: Reset): void {
  const { 'transfer-encoding': chunked, ...headers } = reply.headers;
  response.writeHead(reply.status, headers);
  if (chunked !== undefined) response.flushHeaders();
  const sink: Sink = {
    write: (bytes) => void response.write(bytes),
    end: () => void response.end(),
    cut: (how) => {
      const { socket } = response;
      // What was written before is to arrive.
      setImmediate(() => (how === 'rst' ? reset(socket) : socket?.destroy()));
    },
  };
  const gone = reply.start(sink);
  response.once('close', gone);
}
