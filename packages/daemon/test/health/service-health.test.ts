import { createServer, type Server } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import {
  createServiceHealth,
  type HealthCheckScopes,
  type ServiceHealth,
  type ServiceHealthCheck,
} from '../../src/health/index.js';
import { ask } from '../http/serving.js';

const free = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
};

const check = (nodePort: number, IPv4: number, more: Partial<ServiceHealthCheck> = {}): ServiceHealthCheck => ({
  namespace: 'shop',
  name: 'web',
  nodePort,
  localEndpoints: { IPv4 },
  ...more,
});

const loopback: HealthCheckScopes = {
  IPv4: { kind: 'listed', addresses: ['127.0.0.1'] },
  IPv6: { kind: 'listed', addresses: ['::1'] },
};

const withServers = async (
  use: (servers: ServiceHealth, state: { fresh: boolean; failures: string[] }) => Promise<void>,
): Promise<void> => {
  const state = { fresh: true, failures: [] as string[] };
  const servers = createServiceHealth({
    isFresh: () => state.fresh,
    failed: ({ namespace, name }, error) => state.failures.push(`${namespace}/${name} ${error.message}`),
    retryPeriod: 20,
  });
  try {
    await use(servers, state);
  } finally {
    await servers.close();
  }
};

const listening = (servers: ServiceHealth, ...expected: readonly string[]) =>
  vi.waitFor(() => {
    expect(servers.listening()).toEqual(expected);
  });

describe('service health checks', () => {
  test('the answer follows the endpoints and the freshness of the rules', async () => {
    const port = await free();
    await withServers(async (servers, state) => {
      servers.setScopes(loopback);
      servers.set('shop/web', check(port, 2));
      await listening(servers, `127.0.0.1:${String(port)}`);
      const good = await ask(port, '/any/path', { method: 'POST' });
      expect(good.status).toBe(200);
      expect(good.body).toBe(
        '{\n\t"service": {\n\t\t"namespace": "shop",\n\t\t"name": "web"\n\t},\n\t"localEndpoints": 2,\n\t"serviceProxyHealthy": true\n}',
      );
      expect(good.headers).toMatchObject({
        'content-type': 'application/json',
        'x-content-type-options': 'nosniff',
        'x-load-balancing-endpoint-weight': '2',
      });

      servers.set('shop/web', check(port, 0));
      const empty = await ask(port, '/');
      expect(empty.status).toBe(503);
      expect(empty.headers['x-load-balancing-endpoint-weight']).toBe('0');
      expect(JSON.parse(empty.body)).toMatchObject({ localEndpoints: 0, serviceProxyHealthy: true });

      servers.set('shop/web', check(port, 3));
      state.fresh = false;
      const stale = await ask(port, '/');
      expect(stale.status).toBe(503);
      expect(stale.headers['x-load-balancing-endpoint-weight']).toBe('3');
      expect(JSON.parse(stale.body)).toMatchObject({ localEndpoints: 3, serviceProxyHealthy: false });
      expect(state.failures).toEqual([]);
    });
  });

  test('each family has its own listener and its own count on the same port', async () => {
    const port = await free();
    await withServers(async (servers) => {
      servers.setScopes({ IPv4: { kind: 'all' }, IPv6: { kind: 'all' } });
      servers.set('shop/web', check(port, 1, { localEndpoints: { IPv4: 1, IPv6: 0 } }));
      await listening(servers, `0.0.0.0:${String(port)}`, `[::]:${String(port)}`);
      expect((await ask(port, '/')).status).toBe(200);
      expect((await ask(port, '/', { host: '::1' })).status).toBe(503);
    });
  });

  test('nothing listens where no address is known', async () => {
    const port = await free();
    await withServers(async (servers) => {
      servers.set('shop/web', check(port, 1));
      await expect(ask(port, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      expect(servers.listening()).toEqual([]);
    });
  });

  test('ports change, move from one Service to another, and close with their Service', async () => {
    const [first, second] = [await free(), await free()];
    await withServers(async (servers, state) => {
      servers.setScopes(loopback);
      servers.set('shop/web', check(first, 1));
      await listening(servers, `127.0.0.1:${String(first)}`);
      servers.set('shop/web', check(second, 1));
      servers.set('shop/api', check(first, 1, { name: 'api' }));
      await listening(servers, ...[first, second].map((port) => `127.0.0.1:${String(port)}`).toSorted());
      expect(JSON.parse((await ask(first, '/')).body)).toMatchObject({ service: { name: 'api' } });
      servers.set('shop/web', undefined);
      servers.set('shop/api', undefined);
      expect(servers.listening()).toEqual([]);
      await expect(ask(first, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      expect(state.failures).toEqual([]);
    });
  });

  test('a change of addresses opens and closes what it must and leaves the rest', async () => {
    const port = await free();
    await withServers(async (servers, state) => {
      const at = (...addresses: readonly string[]): HealthCheckScopes => ({
        ...loopback,
        IPv4: { kind: 'listed', addresses },
      });
      servers.setScopes(at('127.0.0.1'));
      servers.set('shop/web', check(port, 1));
      await listening(servers, `127.0.0.1:${String(port)}`);
      servers.setScopes(at('127.0.0.1', '127.0.0.2'));
      await listening(servers, `127.0.0.1:${String(port)}`, `127.0.0.2:${String(port)}`);
      servers.setScopes(at('127.0.0.2'));
      await listening(servers, `127.0.0.2:${String(port)}`);
      expect(state.failures).toEqual([]);
    });
  });

  test('a port that is taken is reported once and had as soon as it is free', async () => {
    const blocker: Server = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const address = blocker.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    let attempts = 0;
    await withServers(async (servers, state) => {
      servers.setScopes(loopback);
      servers.set('shop/web', check(port, 1));
      await vi.waitFor(() => {
        expect(state.failures).toHaveLength(1);
      });
      expect(state.failures[0]).toContain('shop/web The health check of Service shop/web cannot listen on 127.0.0.1');
      attempts = state.failures.length;
      await new Promise((resolve) => blocker.close(resolve));
      await listening(servers, `127.0.0.1:${String(port)}`);
      expect(state.failures).toHaveLength(attempts);
    });
  });
});
