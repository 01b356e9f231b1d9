import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { type Handler, listen, type ListenError, plain, requestListener, type Routes } from '../../src/http/index.js';
import { ask, serving } from './serving.js';

describe('requestListener', () => {
  const routes: Routes = new Map<string, Handler>([
    ['/exact', ({ method, query }) => plain(200, `${method} ${query.get('q') ?? '-'}`)],
    ['/below/', ({ path }) => plain(200, `below ${path}`)],
    ['/below/deeper/', () => plain(200, 'deeper')],
    ['/echo', async ({ text }) => plain(200, await text())],
    [
      '/broken',
      () => {
        throw new Error('secret detail');
      },
    ],
  ]);

  test.each([
    ['GET', '/exact', 200, 'GET -'],
    ['POST', '/exact?q=a%20b', 200, 'POST a b'],
    ['GET', '/exact/', 404, '404 page not found\n'],
    ['GET', '/Exact', 404, '404 page not found\n'],
    ['GET', '/', 404, '404 page not found\n'],
    ['GET', '/below', 404, '404 page not found\n'],
    ['GET', '/below/', 200, 'below /below/'],
    ['GET', '/below/x', 200, 'below /below/x'],
    ['GET', '/below/deeper/x', 200, 'deeper'],
    ['GET', '/below/%2e%2e/exact', 200, 'below /below/%2e%2e/exact'],
    ['GET', '//exact', 404, '404 page not found\n'],
  ])('%s %s is %d', async (method, path, status, body) => {
    const answer = await serving(routes, (port) => ask(port, path, { method }));
    expect([answer.status, answer.body]).toEqual([status, body]);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(body)));
  });

  test('HEAD gets headers and no body', async () => {
    const answer = await serving(routes, (port) => ask(port, '/exact', { method: 'HEAD' }));
    expect([answer.status, answer.body]).toEqual([200, '']);
  });

  test('a handler that fails is a 500 that tells nothing, and is reported', async () => {
    const failed = vi.fn();
    const answer = await serving(routes, (port) => ask(port, '/broken'), failed);
    expect([answer.status, answer.body]).toEqual([500, 'internal error\n']);
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ message: 'secret detail' }), '/broken');
  });

  test('a body of up to 64 KiB is read, a larger one is refused', async () => {
    await serving(routes, async (port) => {
      const small = 'x'.repeat(64 * 1024);
      expect(await ask(port, '/echo', { method: 'PUT', body: small })).toMatchObject({ status: 200, body: small });
      expect((await ask(port, '/echo', { method: 'PUT', body: `${small}x` })).status).toBe(413);
    });
  });

  test('what is no HTTP gets an end', async () => {
    await serving(routes, async (port) => {
      const received = await new Promise<string>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => socket.write('\u0016\u0003 no http\r\n\r\n'));
        let text = '';
        socket.on('data', (chunk) => (text += chunk.toString()));
        socket.on('error', reject);
        socket.on('close', () => {
          resolve(text);
        });
      });
      expect(received).toBe('');
    });
  });
});

describe('listen', () => {
  test('tries again until it has the address, and says what is wrong meanwhile', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as AddressInfo;
    const errors: ListenError[] = [];
    let listening = (): void => undefined;
    const ready = new Promise<void>((resolve) => (listening = resolve));
    const failedTwice = new Promise<void>((resolve) => {
      const server = listen({
        address: { host: '127.0.0.1', port },
        what: 'The health server',
        listener: requestListener(new Map([['/', () => plain(200, 'here')]])),
        retryPeriod: 20,
        failed: (error) => {
          errors.push(error);
          if (errors.length === 2) resolve();
        },
        listening,
      });
      void ready.then(() => server.close());
    });
    await failedTwice;
    expect(errors[0]).toMatchObject({ code: 'LISTEN_FAILED', address: { host: '127.0.0.1', port } });
    expect(errors[0]?.message).toBe(
      `The health server cannot listen on 127.0.0.1:${String(port)}: EADDRINUSE. Another process listens there (kube-proxy?): stop it, or choose another address.`,
    );
    await new Promise((resolve) => blocker.close(resolve));
    await ready;
  });

  test('an address that no interface has is named', async () => {
    const error = await new Promise<ListenError>((resolve) => {
      const server = listen({
        address: { host: '203.0.113.254', port: 1234 },
        what: 'The metrics server',
        listener: requestListener(new Map()),
        failed: (found) => {
          resolve(found);
          void server.close();
        },
      });
    });
    expect(error.message).toMatch(/203\.0\.113\.254:1234: EADDRNOTAVAIL\. No interface/u);
  });

  test('closing ends connections that are open', async () => {
    let port = 0;
    let server: ReturnType<typeof listen> | undefined;
    await new Promise<void>((resolve, reject) => {
      server = listen({
        address: { host: '127.0.0.1', port: 0 },
        what: 'the test',
        listener: requestListener(new Map()),
        failed: reject,
        listening: (at) => {
          port = at.port;
          resolve();
        },
      });
    });
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.resume();
    await server?.close();
    await ended;
    expect(server?.address()).toBeUndefined();
  });
});
