import { describe, expect, it } from 'vitest';
import { service, slice } from '@nftproxier/core/testing';
import { listServices } from '../../src/status/pages.js';
import { detailOf } from '../../src/status/services.js';
import { nextTurn } from '../../src/status/walk.js';
import { begin, createScene } from './scene.js';
import type { Scene } from './scene.js';

const web = service({
  name: 'web',
  clusterIP: '10.96.0.80',
  ports: [{ name: 'http', port: 80, nodePort: 30080 }],
  externalIPs: ['203.0.113.7'],
});
const webSlice = slice({
  service: 'web',
  ports: [{ name: 'http', port: 8080 }],
  endpoints: [
    { address: '10.244.1.1', nodeName: 'node-a' },
    { address: '10.244.2.1', nodeName: 'node-b' },
    '10.244.2.2',
  ],
});
const six = service({ name: 'six', namespace: 'other', clusterIP: 'fd00::6', ports: [53] });

const named = (index: number): string => `s${String(index).padStart(3, '0')}`;
const many = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, index) =>
    service({ name: named(index), clusterIP: `10.97.0.${String(index)}`, ports: [80] }),
  );

const names = async (scene: Scene, search: string): Promise<readonly string[]> =>
  (await listServices(scene.proxy, { search, from: { after: '' }, limit: 100 }, nextTurn)).services.map(
    (found) => found.service,
  );

describe('listServices', () => {
  it('shows how each Service stands', async () => {
    const scene = createScene();
    scene.set('Service', web, six);
    scene.set('EndpointSlice', webSlice);
    await scene.sync();
    const { total, matches, services } = await listServices(
      scene.proxy,
      { search: '', from: { after: '' }, limit: 10 },
      nextTurn,
    );
    expect({ total, matches }).toEqual({ total: 2, matches: 2 });
    expect(services).toEqual([
      {
        service: 'default/web',
        state: 'served',
        frontends: [
          { kind: 'ClusterIP', address: '10.96.0.80', port: 80, protocol: 'TCP' },
          { kind: 'ExternalIP', address: '203.0.113.7', port: 80, protocol: 'TCP' },
          { kind: 'NodePort', port: 30080, protocol: 'TCP' },
        ],
        moreFrontends: 0,
        endpoints: 3,
        localEndpoints: 1,
        diagnostics: 0,
      },
      expect.objectContaining({ service: 'other/six', endpoints: 0, localEndpoints: 0 }),
    ]);
  });

  it.each([
    ['', ['default/web', 'other/six']],
    ['we', ['default/web']],
    ['WEB', ['default/web']],
    ['other/', ['other/six']],
    ['10.96', ['default/web']],
    ['10.244.2.1', ['default/web']],
    ['10.244.2.1:8080', ['default/web']],
    ['10.244.2.1:80', []],
    [':30080', ['default/web']],
    [':8080', ['default/web']],
    [':808', []],
    [':53', ['other/six']],
    ['FD00:0::6', ['other/six']],
    ['[fd00::6]:53', ['other/six']],
    ['web 10.96', ['default/web']],
    ['web other', []],
    ['<script>', []],
  ])('searching %j finds %j', async (search, expected) => {
    const scene = createScene();
    scene.set('Service', web, six);
    scene.set('EndpointSlice', webSlice);
    await scene.sync();
    expect(await names(scene, search)).toEqual(expected);
  });

  it('reads no more than the beginning of a search without end', async () => {
    const scene = createScene();
    scene.set('Service', web);
    await scene.sync();
    expect(await names(scene, `web${' '.repeat(200)}${'('.repeat(1_000_000)}`)).toEqual(['default/web']);
  });

  it('pages by name, forwards and back, while Services come and go', async () => {
    const scene = createScene();
    scene.set('Service', ...many(25));
    await scene.sync();
    const page = (from: { readonly after: string } | { readonly before: string }) =>
      listServices(scene.proxy, { search: '', from, limit: 10 }, nextTurn);
    const first = await page({ after: '' });
    expect(first.services.map((found) => found.service)).toEqual(many(10).map((_, i) => `default/${named(i)}`));
    expect(first).toMatchObject({ skipped: 0, next: 'default/s009' });
    expect(first).not.toHaveProperty('previous');

    const second = await page({ after: first.next! });
    expect(second).toMatchObject({ skipped: 10, next: 'default/s019', previous: 'default/s010' });
    const third = await page({ after: second.next! });
    expect(third).toMatchObject({ skipped: 20, previous: 'default/s020' });
    expect(third.services).toHaveLength(5);
    expect(third).not.toHaveProperty('next');
    expect(await page({ before: third.previous! })).toEqual(second);
    expect(await page({ before: second.previous! })).toEqual(first);

    scene.remove('Service', many(25)[9]!);
    await scene.sync();
    expect((await page({ after: first.next! })).services[0]?.service).toBe('default/s010');
  });

  it('lets others have their turn while it looks at many Services', async () => {
    const scene = createScene();
    scene.set('Service', ...Array.from({ length: 5_000 }, (_, i) => service({ name: `n${String(i)}`, ports: [] })));
    await scene.sync();
    let pauses = 0;
    await listServices(scene.proxy, { search: 'x', from: { after: '' }, limit: 10 }, () => {
      pauses += 1;
      return Promise.resolve();
    });
    expect(pauses).toBe(2);
  });
});

describe('detailOf', () => {
  it('shows the slots the kernel has, each list cut', async () => {
    const scene = createScene();
    scene.set('Service', web);
    scene.set('EndpointSlice', webSlice);
    await scene.sync();
    const detail = detailOf(scene.proxy, 'default/web', 2);
    expect(detail?.ports).toHaveLength(1);
    expect(detail?.ports[0]).toMatchObject({
      portName: 'http',
      protocol: 'TCP',
      family: 'IPv4',
      cluster: { total: 3, backends: [{ address: '10.244.1.1', port: 8080, local: true }, { address: '10.244.2.1' }] },
    });
    expect(detailOf(scene.proxy, 'default/none', 2)).toBeUndefined();
    expect(detailOf(scene.proxy, '__proto__', 2)).toBeUndefined();
  });

  it('is pending until the sync that writes it', async () => {
    const scene = createScene();
    scene.set('Service', web);
    await scene.sync();
    scene.failure = Object.assign(new Error('no nft'), { code: 'NFT_MISSING' });
    scene.set('EndpointSlice', webSlice);
    await scene.sync();
    expect(detailOf(scene.proxy, 'default/web', 9)).toMatchObject({
      state: 'pending',
      endpoints: 3,
      ports: [{ cluster: { total: 0 } }],
    });
    scene.failure = undefined;
    await scene.sync();
    expect(detailOf(scene.proxy, 'default/web', 9)).toMatchObject({
      state: 'served',
      ports: [{ cluster: { total: 3 } }],
    });
  });

  it('says why and since when a Service is refused, and what it still serves', async () => {
    const scene = createScene();
    scene.set('Service', web);
    await scene.sync(5);
    scene.poison.add('default/web');
    scene.set('EndpointSlice', webSlice);
    await scene.sync(5);
    const refusal = { code: 'NFT_REFUSED', since: begin + 10, servesEarlierState: true };
    expect(detailOf(scene.proxy, 'default/web', 9)).toMatchObject({ state: 'refused', refusal });
    scene.pass(60_000);
    scene.set('Service', six);
    await scene.sync(5);
    expect(detailOf(scene.proxy, 'default/web', 9)?.refusal?.since).toBe(begin + 10);
    expect(detailOf(scene.proxy, 'default/web', 9)?.refusal?.message).toMatch(/made for "default\/web".*busy/);
  });
});
