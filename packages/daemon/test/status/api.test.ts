import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { node, service, slice } from '@nftproxier/core/testing';
import { apiRoutes } from '../../src/status/api.js';
import { guarded, isOwnHost } from '../../src/status/guard.js';
import type { DumpLine } from '../../src/status/plans.js';
import { ask, servingWith } from '../http/serving.js';
import type { Answer } from '../http/serving.js';
import { createScene } from './scene.js';
import type { Scene } from './scene.js';

async function serving<T>(scene: Scene, use: (port: number) => Promise<T>): Promise<T> {
  const failures: unknown[] = [];
  try {
    return await servingWith(
      guarded(apiRoutes(scene.proxy), (error) => failures.push(error)),
      use,
    );
  } finally {
    expect(failures).toEqual([]);
  }
}

const get = (scene: Scene, path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  serving(scene, (port) => ask(port, path, { headers }));

async function shop(): Promise<Scene> {
  const scene = createScene();
  scene.set('Node', { ...node({ name: 'node-a' }), spec: { podCIDRs: ['10.244.1.0/24', 'nonsense'] } });
  scene.set(
    'Service',
    service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] }),
    service({ name: 'dns', clusterIP: '10.96.0.10', ports: [{ port: 53, nodePort: 30053 }] }),
  );
  scene.set('EndpointSlice', slice({ service: 'web', ports: [80], endpoints: ['10.244.1.1', '10.244.1.2'] }));
  await scene.sync();
  return scene;
}

const linesOf = ({ body }: Answer): readonly DumpLine[] =>
  body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as DumpLine);

describe('the JSON API', () => {
  it('tells the status', async () => {
    const answer = await get(await shop(), '/status');
    expect(answer.headers['content-type']).toBe('application/json');
    expect(JSON.parse(answer.body)).toMatchObject({ node: 'node-a', state: 'serving', table: { services: 2 } });
  });

  it('lists and shows Services', async () => {
    const scene = await shop();
    expect(JSON.parse((await get(scene, '/services?search=we')).body)).toMatchObject({ total: 2, matches: 1 });
    expect(JSON.parse((await get(scene, '/services?limit=1')).body)).toMatchObject({ next: 'default/dns' });
    expect(JSON.parse((await get(scene, '/services/default/web?endpoints=1')).body)).toMatchObject({
      service: 'default/web',
      ports: [{ cluster: { total: 2, backends: [{ address: '10.244.1.1' }] } }],
    });
  });

  it.each([
    ['/services/default/none', 404],
    ['/services/', 404],
    ['/services?limit=0', 400],
    ['/services?limit=1001', 400],
    ['/services?limit=1e2', 400],
    ['/services/default/web?endpoints=99999999', 400],
    ['/top?limit=0', 400],
    ['/top?limit=1001', 400],
    ['/plans?address=web', 400],
    ['/plans?address=10.96.0.80&port=99999', 400],
    ['/nothing', 404],
  ])('%s is %d', async (path, status) => {
    expect((await get(await shop(), path)).status).toBe(status);
  });

  it('tells who gets the most new connections', async () => {
    const scene = createScene('services');
    scene.set('Service', service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] }));
    scene.set('EndpointSlice', slice({ service: 'web', ports: [80], endpoints: ['10.244.1.1'] }));
    await scene.sync();
    scene.packets.set('10.96.0.80 tcp 80', 7);
    await scene.count();
    const shown = [{ service: 'default/web', connections: 7, perSecond: 0 }];
    expect(JSON.parse((await get(scene, '/top?limit=1')).body)).toMatchObject({ services: { total: 1, shown } });
    expect(JSON.parse((await get(scene, '/services/default/web')).body)).toMatchObject({
      counted: { connections: 7, perSecond: 0 },
    });
    expect(JSON.parse((await get(await shop(), '/top')).body)).toMatchObject({ counters: 'off' });
  });

  it('dumps what the kernel serves, line by line', async () => {
    const lines = linesOf(await get(await shop(), '/plans'));
    expect(lines[0]).toMatchObject({ kind: 'node', node: 'node-a', table: 'nftproxier', podCIDRs: ['10.244.1.0/24'] });
    expect(lines.slice(1, -1)).toMatchObject([
      { kind: 'service', plan: { service: 'default/dns' } },
      { kind: 'service', plan: { service: 'default/web' } },
    ]);
    expect(lines.at(-1)).toEqual({ kind: 'end', services: 2, changed: false });
  });

  it.each([
    ['?service=default/web', ['default/web']],
    ['?service=default/none', []],
    ['?address=10.96.0.80&port=443', ['default/web']],
    ['?address=10.244.1.2', ['default/web']],
    ['?address=192.0.2.1&port=30053', ['default/dns']],
    ['?address=192.0.2.1&port=30054', []],
  ])('dumps %s', async (query, expected) => {
    const lines = linesOf(await get(await shop(), `/plans${query}`));
    expect(lines.flatMap((line) => (line.kind === 'service' ? [line.plan.service] : []))).toEqual(expected);
  });

  it('a dump tells that syncs came in between', async () => {
    const scene = createScene();
    const many = Array.from({ length: 20_000 }, (_, index) => service({ name: `s${String(index)}`, ports: [] }));
    scene.set('Service', ...many);
    await scene.sync();
    const end = await serving(
      scene,
      (port) =>
        new Promise<string>((resolve, reject) => {
          let text = '';
          const sent = request({ host: '127.0.0.1', port, path: '/plans' }, (response) => {
            response.setEncoding('utf8');
            response.once('data', () => {
              response.pause();
              scene.remove('Service', many[0]!);
              void scene.sync().then(() => response.resume());
            });
            response.on('data', (part: string) => (text = (text + part).slice(-200)));
            response.on('end', () => {
              resolve(text.trimEnd().split('\n').at(-1) ?? '');
            });
          });
          sent.on('error', reject).end();
        }),
    );
    expect(JSON.parse(end)).toMatchObject({ kind: 'end', changed: true });
  });

  it('names no credential, whatever the API server is called', async () => {
    const body = (await get(await shop(), '/status')).body + (await get(await shop(), '/plans')).body;
    expect(body).not.toMatch(/token|password|authorization/i);
  });
});

describe('guarded', () => {
  it.each([
    ['127.0.0.1:10246', true],
    ['127.0.0.1', true],
    ['[::1]:10246', true],
    ['localhost:10246', true],
    ['LOCALHOST', true],
    ['192.0.2.7:80', true],
    ['evil.example:10246', false],
    ['127.0.0.1.evil.example', false],
    ['localhost.evil.example:10246', false],
    ['127.0.0.1@evil.example', false],
    ['[::1', false],
    ['::1', false],
    ['', false],
    [undefined, false],
  ])('Host %j: %s', (host, isOwn) => {
    expect(isOwnHost(host)).toBe(isOwn);
  });

  it('refuses another Host before anything is looked up', async () => {
    const answer = await get(await shop(), '/status', { Host: 'rebound.example:10246' });
    expect(answer.status).toBe(403);
    expect(answer.body).toMatch(/Host header/);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('refuses %s', async (method) => {
    const answer = await serving(await shop(), (port) => ask(port, '/status', { method }));
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('GET, HEAD');
  });

  it('gives headers that keep other pages out, also with refusals', async () => {
    for (const path of ['/status', '/nothing']) {
      const { headers } = await get(await shop(), path);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    }
  });
});
