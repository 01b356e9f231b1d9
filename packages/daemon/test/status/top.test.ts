import { describe, expect, it } from 'vitest';
import { service, slice } from '@nftproxier/core/testing';
import type { ServiceKey } from '@nftproxier/core';
import { topOf } from '../../src/status/top.js';
import { createScene } from './scene.js';
import type { Scene } from './scene.js';

const noPause = (): Promise<void> => Promise.resolve();

async function shop(counters: 'off' | 'services' | 'endpoints', names = ['web', 'api', 'dns']): Promise<Scene> {
  const scene = createScene(counters);
  for (const [index, name] of names.entries()) {
    scene.set('Service', service({ name, clusterIP: `10.96.0.${String(index + 1)}`, ports: [80] }));
    scene.set('EndpointSlice', slice({ service: name, ports: [8080], endpoints: [`10.244.0.${String(index + 1)}`] }));
  }
  await scene.sync();
  return scene;
}

describe('who gets the most new connections', () => {
  it('is told by rate, then by count', async () => {
    const scene = await shop('endpoints');
    scene.packets.set('10.96.0.1 tcp 80', 1_000).set('10.96.0.2 tcp 80', 10).set('10.96.0.3 tcp 80', 20);
    scene.packets.set('10.244.0.2 tcp 8080', 10);
    await scene.count();
    scene.pass(10_000);
    scene.packets.set('10.96.0.2 tcp 80', 35);
    await scene.count();
    const top = await topOf(scene.proxy, 2, noPause);
    expect(top).toMatchObject({
      counters: 'endpoints',
      period: 30_000,
      connections: { connections: 1_055, perSecond: 2.5 },
      services: {
        total: 3,
        shown: [
          { service: 'default/api', connections: 35, perSecond: 2.5 },
          { service: 'default/web', connections: 1_000, perSecond: 0 },
        ],
      },
      endpoints: { total: 3 },
    });
    expect(top.endpoints.shown[0]).toMatchObject({ address: '10.244.0.2', port: 8080, protocol: 'tcp' });
  });

  it('keeps to a limit, however many there are', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `s${String(index)}`);
    const scene = await shop('services', names);
    for (const index of names.keys()) scene.packets.set(`10.96.0.${String(index + 1)} tcp 80`, (index * 37) % 60);
    await scene.count();
    const { services, endpoints } = await topOf(scene.proxy, 5, noPause);
    expect(services.total).toBe(60);
    expect(services.shown.map(({ connections }) => connections)).toEqual([59, 58, 57, 56, 55]);
    expect(endpoints).toEqual({ total: 0, shown: [] });
  });

  it('is nothing while nothing is counted', async () => {
    const scene = await shop('off');
    await scene.count();
    const top = await topOf(scene.proxy, 5, noPause);
    expect(top).toMatchObject({ counters: 'off', connections: { connections: 0 }, services: { total: 0, shown: [] } });
  });

  it('is a copy: what is read later does not change an answer', async () => {
    const scene = await shop('services');
    await scene.count();
    const top = await topOf(scene.proxy, 5, noPause);
    scene.packets.set('10.96.0.1 tcp 80', 9);
    await scene.count();
    expect(top.services.shown.every(({ connections }) => connections === 0)).toBe(true);
    expect(scene.proxy.counters.reader.byService.get('default/web' as ServiceKey)?.connections).toBe(9);
  });
});
