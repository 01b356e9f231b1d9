import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Reflector, createHttpsTransport, services, type ApiClient } from '@nftproxier/daemon/reflector';
import {
  createApiServer,
  createAuthority,
  createCertificate,
  type ListeningApiServer,
} from '../../../../test/api-server/index.js';
import { eventually } from './eventually.js';
import { service } from './objects.js';
import { Observer } from './observer.js';

const authority = createAuthority('authority');
const certificate = createCertificate(authority, '/CN=kube-apiserver', ['IP:127.0.0.1']);

/** A proxy for the loopback: HTTP CONNECT or SOCKS 5, with or without a password. */
class Proxy {
  readonly targets: string[] = [];
  readonly #sockets = new Set<net.Socket>();
  readonly #server: net.Server;
  answer: 'connect' | 'refuse' | 'silence' = 'connect';

  constructor(kind: 'http' | 'socks5', login: string | undefined) {
    this.#server = net.createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => this.#sockets.delete(socket));
      if (this.answer === 'silence') return void socket.resume();
      if (kind === 'http') this.#http(socket, login);
      else void this.#socks(socket, login);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as net.AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get connections(): number {
    return this.#sockets.size;
  }

  #http(socket: net.Socket, login: string | undefined): void {
    socket.once('data', (head: Buffer) => {
      const text = head.toString('latin1');
      const target = /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(text)?.[1] ?? '';
      const expected = `Proxy-Authorization: Basic ${Buffer.from(login ?? '').toString('base64')}\r\n`;
      if (this.answer === 'refuse' || (login !== undefined && !text.includes(expected))) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        return;
      }
      this.#join(socket, target, () => socket.write('HTTP/1.1 200 OK\r\nVia: test\r\n\r\n'));
    });
  }

  async #socks(socket: net.Socket, login: string | undefined): Promise<void> {
    const next = (): Promise<Buffer> => new Promise((resolve) => socket.once('data', resolve));
    await next();
    socket.write(Buffer.from([5, login === undefined ? 0 : 2]));
    if (login !== undefined) {
      const message = await next();
      const [user, password] = login.split(':') as [string, string];
      const expected = [1, user.length, ...Buffer.from(user), password.length, ...Buffer.from(password)];
      const accepted = this.answer !== 'refuse' && message.equals(Buffer.from(expected));
      socket.write(Buffer.from([1, accepted ? 0 : 1]));
      if (!accepted) return;
    }
    const request = await next();
    if (this.answer === 'refuse') return void socket.end(Buffer.from([5, 2, 0, 1, 0, 0, 0, 0, 0, 0]));
    const host = request.subarray(5, 5 + request[4]!).toString();
    const port = request.readUInt16BE(5 + request[4]!);
    this.#join(socket, `${host}:${port}`, () => socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])));
  }

  #join(socket: net.Socket, target: string, ready: () => void): void {
    this.targets.push(target);
    const upstream = net.connect(Number(target.split(':')[1]), '127.0.0.1', () => {
      ready();
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
    socket.once('close', () => upstream.destroy());
  }
}

describe.each(['http', 'socks5'] as const)('through a %s proxy', (kind) => {
  let server: ListeningApiServer;
  let client: ApiClient;
  let proxy: Proxy;
  let port: number;
  let reflector: Reflector<object>;

  beforeEach(async () => {
    server = await createApiServer({ objects: [service('a')], tls: certificate });
  });

  afterEach(async () => {
    await reflector.stop();
    client.close();
    await eventually(() => expect(proxy.connections).toBe(0));
    await proxy.close();
    await server.close();
  });

  async function through(login?: string, as = login): Promise<void> {
    proxy = new Proxy(kind, login);
    port = await proxy.listen();
    const at = as === undefined ? '' : `${as}@`;
    client = createHttpsTransport(
      {
        source: 'test',
        server: server.url,
        ca: { data: Buffer.from(authority.certificate) },
        proxyUrl: `${kind}://${at}127.0.0.1:${port}`,
        authentication: { type: 'none' },
      },
      { env: {}, connectMs: 200 },
    );
    reflector = new Reflector({
      transport: client,
      resource: services,
      handler: new Observer().handle,
      limits: { backoffMs: [50, 100] },
    });
  }

  it.each([undefined, 'me:pass'])('as %s', async (login) => {
    await through(login);
    reflector.start();
    await reflector.synced;
    expect(proxy.targets).toEqual([server.url.replace('https://', '')]);
  });

  it.each(['refuse', 'silence'] as const)('that answers with %s: says so', async (answer) => {
    await through();
    proxy.answer = answer;
    reflector.start();
    await eventually(() => expect(reflector.status().warnings.map(({ code }) => code)).toContain('unreachable'));
    proxy.answer = 'connect';
    await reflector.synced;
  });

  it('with the wrong password: says so', async () => {
    await through('me:pass', 'me:wrong');
    reflector.start();
    await eventually(() => expect(reflector.status().errors).toBeGreaterThan(0));
    expect(reflector.status().warnings.map(({ code }) => code)).toContain('unreachable');
  });
});
