import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Reflector,
  createHttpsTransport,
  services,
  type ApiClient,
  type ClusterConfig,
  type HttpsTransportOptions,
  type Limits,
} from '@nftproxier/daemon/reflector';
import type { Service } from '@nftproxier/core';
import {
  createApiServer,
  createAuthority,
  createCertificate,
  type ListeningApiServer,
} from '../../../../test/api-server/index.js';
import { service } from './objects.js';
import { report } from './scorecard.js';
import { Observer, stateOf } from './observer.js';
import { eventually } from './eventually.js';

const authority = createAuthority('first authority');
const otherAuthority = createAuthority('second authority');
const serverCertificate = createCertificate(authority, '/CN=kube-apiserver', ['IP:127.0.0.1', 'DNS:api.example']);
const otherCertificate = createCertificate(otherAuthority, '/CN=kube-apiserver', ['IP:127.0.0.1', 'DNS:api.example']);

describe('over HTTPS', () => {
  let folder: string;
  let server: ListeningApiServer;
  const clients: ApiClient[] = [];
  const reflectors: Reflector<Service>[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nftproxier-https-'));
    server = await createApiServer({
      objects: [service('a'), service('b')],
      tokens: { first: 'system:kube-proxy' },
      tls: serverCertificate,
    });
    write('token', 'first\n');
    write('ca.crt', authority.certificate);
  });

  afterEach(async () => {
    await Promise.all(reflectors.splice(0).map((reflector) => reflector.stop()));
    await eventually(() => expect(server.api.watches.size, 'watches left').toBe(0));
    for (const client of clients.splice(0)) client.close();
    await eventually(() => expect(server.connections, 'connections left').toBe(0));
    await server.close();
    rmSync(folder, { recursive: true });
  });

  function write(file: string, text: string): void {
    writeFileSync(join(folder, file), text);
  }

  function config(more: Partial<ClusterConfig> = {}): ClusterConfig {
    return {
      source: 'test',
      server: server.url,
      ca: { file: join(folder, 'ca.crt') },
      authentication: { type: 'token-file', file: join(folder, 'token') },
      ...more,
    };
  }

  function connect(more: Partial<ClusterConfig> = {}, options: HttpsTransportOptions = {}): ApiClient {
    const client = createHttpsTransport(config(more), { env: {}, ...options });
    clients.push(client);
    return client;
  }

  function reflect(
    transport: ApiClient,
    limits: Partial<Limits> = {},
  ): { observer: Observer; reflector: Reflector<Service> } {
    const observer = new Observer();
    const reflector = new Reflector<Service>({
      transport,
      resource: services,
      handler: observer.handle,
      // Delays are tested with a clock that can be moved.
      limits: { backoffMs: [20, 40], ...limits },
    });
    reflectors.push(reflector);
    reflector.start();
    return { observer, reflector };
  }

  function inSync(observer: Observer): Promise<void> {
    return eventually(() => {
      expect(observer.state()).toEqual(stateOf(server.api.objects('Service')));
      expect(observer.violations).toEqual([]);
    });
  }

  it('lists, watches, and keeps one connection a watch', async () => {
    const { observer, reflector } = reflect(connect());
    await reflector.synced;
    server.api.put(service('c'));
    await inSync(observer);
    expect(server.connections).toBe(1);
  });

  it.each(['rst', 'fin'] as const)('goes on after a %s in the middle of a line', async (how) => {
    const { observer, reflector } = reflect(connect());
    await reflector.synced;
    for (let round = 0; round < 5; round++) {
      await eventually(() => expect(server.api.watches.size).toBe(1));
      const [watch] = server.api.watches;
      watch!.raw('{"type":"MODIFIED","object":{"kind":"Service","metadata":{"name":"caf\u00c3');
      watch!.cut(how);
      server.api.put(service('a', round + 1));
      await inSync(observer);
    }
    expect(reflector.status()).toMatchObject({ lists: 1, badLines: 0 });
    expect(reflector.status().errors).toBeGreaterThanOrEqual(5);
  });

  it('row 8: reads a rotated token when the old one is refused, and asks only once with the old one', async () => {
    const { observer, reflector } = reflect(connect());
    await reflector.synced;
    write('token', 'second\n');
    server.api.setTokens({ second: 'system:kube-proxy' });
    server.disconnect('fin');
    server.api.put(service('c'));
    await inSync(observer);
    report({
      row: 8,
      case: 'the token was rotated on disk',
      n: 1,
      passNumber: 'at most 2 times 401, no restart',
      measured: `${server.api.requests.filter(({ status }) => status === 401).length} times 401`,
    });
    expect(server.api.requests.filter(({ status }) => status === 401)).toHaveLength(1);
    expect(reflector.status().lists).toBe(1);
  });

  it.each(['token', 'ca.crt'])('row 8: %s is replaced: fails without reading files again', async (file) => {
    // What the tests before and after this one would come to without the protection.
    const read = new Map<string, Buffer>();
    const readOnce = async (path: string): Promise<Buffer> => {
      const bytes = read.get(path) ?? (await readFile(path));
      read.set(path, bytes);
      return bytes;
    };
    const { reflector } = reflect(connect({}, { sources: { readFile: readOnce } }));
    await reflector.synced;
    write(file, file === 'token' ? 'second\n' : otherAuthority.certificate);
    if (file === 'token') server.api.setTokens({ second: 'system:kube-proxy' });
    else server.setCertificate(otherCertificate);
    server.disconnect('fin');
    const code = file === 'token' ? 'not-authenticated' : 'tls';
    await eventually(() => expect(reflector.status().warnings).toMatchObject([{ code }]));
  });

  it('says which file is missing', async () => {
    rmSync(join(folder, 'token'));
    const { reflector } = reflect(connect());
    await eventually(() => expect(reflector.status().warnings).toMatchObject([{ code: 'cluster-config' }]));
    expect(reflector.status().warnings[0]!.message).toContain(join(folder, 'token'));
    write('token', 'first');
    await reflector.synced;
  });

  it('says what to do when the token stays refused', async () => {
    server.api.setTokens({});
    const { reflector } = reflect(connect());
    await eventually(() => expect(reflector.status().warnings.map(({ code }) => code)).toContain('not-authenticated'));
    expect(reflector.status().syncedSince).toBeUndefined();
  });

  it('row 8: trusts a new certificate authority as soon as the server uses it', async () => {
    const { observer, reflector } = reflect(connect());
    await reflector.synced;
    server.setCertificate(otherCertificate);
    write('ca.crt', otherAuthority.certificate);
    server.disconnect('fin');
    server.api.put(service('c'));
    await inSync(observer);
    report({
      row: 8,
      case: 'the server has a certificate of a new authority',
      n: 1,
      passNumber: 'used within 60 s, no restart, no new list',
      measured: `used with the first connection that needs it, ${reflector.status().lists - 1} new lists`,
    });
    expect(reflector.status().lists).toBe(1);
  });

  it('does not trust a server whose authority it does not know, and says so', async () => {
    server.setCertificate(otherCertificate);
    const { reflector } = reflect(connect());
    await eventually(() => expect(reflector.status().warnings.map(({ code }) => code)).toContain('tls'));
    expect(reflector.status().warnings[0]!.message).toContain('test');
    expect(server.api.requests).toHaveLength(0);
  });

  it('row 8: shows a client certificate, and the new one after it was replaced', async () => {
    const client = createCertificate(authority, '/O=system:nodes/CN=system:node:node-a');
    const renewed = createCertificate(otherAuthority, '/O=system:nodes/CN=system:node:node-a');
    server.setCertificate({ ...serverCertificate, clientAuthority: authority.certificate });
    write('client.crt', client.certificate);
    write('client.key', client.key);
    const transport = connect({
      clientCertificate: {
        certificate: { file: join(folder, 'client.crt') },
        key: { file: join(folder, 'client.key') },
      },
    });
    const { observer, reflector } = reflect(transport);
    await reflector.synced;
    server.setCertificate({ ...serverCertificate, clientAuthority: otherAuthority.certificate });
    write('client.crt', renewed.certificate);
    write('client.key', renewed.key);
    server.disconnect('fin');
    server.api.put(service('c'));
    await inSync(observer);
  });

  it('heeds tls-server-name and insecure-skip-tls-verify', async () => {
    const named = reflect(connect({ tlsServerName: 'api.example' }));
    await named.reflector.synced;
    const misnamed = reflect(connect({ tlsServerName: 'elsewhere.example' }));
    await eventually(() => expect(misnamed.reflector.status().warnings.map(({ code }) => code)).toContain('tls'));
    const careless = reflect(
      connect({ ca: { data: Buffer.from(otherAuthority.certificate) }, insecureSkipTlsVerify: true }),
    );
    await careless.reflector.synced;
  });

  it('says which address does not answer', async () => {
    await server.stop();
    const { reflector } = reflect(connect());
    await eventually(() => expect(reflector.status().warnings.map(({ code }) => code)).toContain('unreachable'));
    const [warning] = reflector.status().warnings;
    expect(warning!.message).toContain(server.url);
    expect(warning!.message).toContain('ECONNREFUSED');
    await server.start();
    await reflector.synced;
    expect(reflector.status().warnings).toEqual([]);
  });

  it('goes on after a restart of the server', async () => {
    const { observer, reflector } = reflect(connect());
    await reflector.synced;
    await server.stop();
    server.api.delete('Service', 'shop', 'a');
    await server.start();
    await inSync(observer);
    expect(reflector.status().lists).toBe(1);
  });

  it('can write, for Events', async () => {
    const client = connect();
    const response = await client.send({
      method: 'POST',
      path: '/apis/events.k8s.io/v1/namespaces/default/events',
      body: JSON.stringify({ metadata: { generateName: 'nftproxier.' }, reason: 'Starting' }),
      signal: AbortSignal.timeout(5_000),
    });
    expect(response.status).toBe(201);
    await response.body[Symbol.asyncIterator]().next();
    expect(server.api.objects('Event')).toHaveLength(1);
  });

  it('lets go of a response that is not read to its end', async () => {
    const client = connect();
    const abort = new AbortController();
    const response = await client.stream(services.path, { watch: 'true', resourceVersion: '1' }, abort.signal);
    expect(response.status).toBe(200);
    await eventually(() => expect(server.api.watches.size).toBe(1));
    abort.abort();
    await eventually(() => expect(server.connections).toBe(0));
    await expect(response.body[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'connection-lost' });
  });
});
