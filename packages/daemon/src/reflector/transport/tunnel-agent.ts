import type http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import type { Duplex } from 'node:stream';
import { openTunnel } from './tunnel.js';

/** Limit on the proxy's silence while it makes a connection, in milliseconds. */
const tunnelMs = 10_000;

type Target = Omit<tls.ConnectionOptions, 'host' | 'port'> & {
  readonly host?: string | null;
  readonly port?: number | string | null;
};

/** A pool of connections through a proxy, with TLS inside if the server speaks it. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: URL;
  readonly #secure: boolean;
  /** Connections that the proxy has not completed. */
  readonly #unfinished = new Set<net.Socket>();

  constructor(proxy: URL, secure: boolean, options: https.AgentOptions) {
    super(options);
    this.#proxy = proxy;
    this.#secure = secure;
    // Requests insist on an agent of their own protocol.
    Object.assign(this, { protocol: secure ? 'https:' : 'http:' });
  }

  override createConnection(
    options: http.RequestOptions,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    this.#connect(options as Target).then(
      (socket) => callback?.(null, socket),
      (error: unknown) => callback?.(error as Error, undefined as never),
    );
    return undefined;
  }

  override destroy(): void {
    for (const socket of this.#unfinished) socket.destroy();
    super.destroy();
  }

  async #connect(options: Target): Promise<net.Socket> {
    const host = options.host ?? 'localhost';
    const port = Number(options.port ?? 443);
    const socket = this.#open();
    this.#unfinished.add(socket);
    try {
      await isOpen(socket, this.#proxy.protocol === 'https:');
      await openTunnel(socket, this.#proxy, host, port);
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      this.#unfinished.delete(socket);
    }
    socket.setTimeout(0);
    socket.removeAllListeners('timeout');
    if (!this.#secure) return socket;
    return tls.connect({
      ...options,
      host,
      port,
      socket,
      servername: options.servername ?? (net.isIP(host) === 0 ? host : ''),
    });
  }

  #open(): net.Socket {
    const { hostname, port, protocol } = this.#proxy;
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket =
      protocol === 'https:'
        ? tls.connect({ host, port: Number(port || 443), servername: net.isIP(host) === 0 ? host : '' })
        : net.connect({ host, port: Number(port || (protocol === 'http:' ? 80 : 1080)) });
    return socket.setTimeout(tunnelMs, () => {
      socket.destroy(Object.assign(new Error('the proxy does not answer'), { code: 'ETIMEDOUT' }));
    });
  }
}

function isOpen(socket: net.Socket, secure: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      socket.removeListener('error', reject);
      resolve();
    });
  });
}
