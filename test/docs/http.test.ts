import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { service, slice } from '@nftproxier/core/testing';
import { apiRoutes } from '../../packages/daemon/src/status/api.js';
import { createScene } from '../../packages/daemon/test/status/scene.js';

const text = readFileSync(fileURLToPath(new URL('../../docs/reference/http.md', import.meta.url)), 'utf8');
const section = text.slice(text.indexOf('## JSON API'));
/** The rows of its table by path, such as `/status`. */
const rows = new Map([...section.matchAll(/^\| `(\/[^`]*)` \|.*$/gmu)].map(([row, path = '']) => [path, row]));

async function answer(route: string, path: string): Promise<Record<string, unknown>> {
  const scene = createScene('services');
  scene.set('Service', service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] }));
  scene.set('EndpointSlice', slice({ service: 'web', ports: [80], endpoints: ['10.244.1.1'] }));
  await scene.sync();
  await scene.count();
  const { signal } = new AbortController();
  const request = { method: 'GET', path, query: new URLSearchParams(), accept: '', text: async () => '', signal };
  const { body } = (await apiRoutes(scene.proxy).get(route)?.(request))!;
  return JSON.parse(body as string) as Record<string, unknown>;
}

describe('the reference of the JSON API', () => {
  it('has every route, and no other', () => {
    const routes = [...apiRoutes(createScene().proxy).keys()];
    const documented = [...rows.keys()].map((path) => path.replace('NAMESPACE/NAME', ''));
    expect(documented.sort()).toEqual(routes.sort());
  });

  it.each([
    ['/status', '/status', '/status'],
    ['/services', '/services', '/services'],
    ['/services/', '/services/default/web', '/services/NAMESPACE/NAME'],
    ['/top', '/top', '/top'],
    ['/syncs', '/syncs', '/syncs'],
  ])('%s: names every field of the answer', async (route, path, documented) => {
    const fields = Object.keys(await answer(route, path));
    expect(fields).not.toEqual([]);
    for (const field of fields) expect(rows.get(documented), field).toContain(`\`${field}\``);
  });
});
