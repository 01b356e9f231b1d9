import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../packages/daemon/test/reflector/fake-clock.js';
import type { StoredObject } from './cluster.js';
import type { Reply } from './reply.js';
import { fieldSelector, labelSelector } from './selectors.js';
import { ApiServer } from './server.js';

async function ask(api: ApiServer, method: string, url: string, body: object = {}): Promise<[number, unknown]> {
  const { pathname, searchParams } = new URL(url, 'http://stand-in');
  const outcome = await api.handle({
    method,
    path: pathname,
    query: searchParams,
    headers: {},
    body: JSON.stringify(body),
  });
  let text = '';
  const { status, start } = outcome as Reply;
  start({ write: (bytes) => (text += bytes.toString()), end: () => undefined, cut: () => undefined });
  return [status, JSON.parse(text)];
}

const labelled = (labels: Record<string, string>): StoredObject => ({
  metadata: { name: 'a', uid: 'u', resourceVersion: '1', labels },
  spec: { clusterIP: '10.0.0.1' },
});

describe('selectors', () => {
  it.each([
    ['', true],
    ['app', true],
    ['!app', false],
    ['other', false],
    ['!other', true],
    ['app=shop', true],
    ['app==shop', true],
    ['app=bank', false],
    ['app!=bank', true],
    ['other!=bank', true],
    ['app in (bank, shop)', true],
    ['app notin (bank,shop)', false],
    ['other notin (bank)', true],
    ['other in (bank)', false],
    ['app=shop,!other', true],
    ['app=shop,other', false],
  ])('labels app=shop match %s: %s', (selector, expected) => {
    expect(labelSelector(selector)(labelled({ app: 'shop' }))).toBe(expected);
  });

  it.each([
    ['metadata.name=a', true],
    ['metadata.name!=a', false],
    ['spec.clusterIP!=None', true],
    ['spec.clusterIP=None', false],
    ['spec.nothing=', true],
    ['metadata.name=a,spec.clusterIP==10.0.0.1', true],
  ])('fields match %s: %s', (selector, expected) => {
    expect(fieldSelector(selector)(labelled({}))).toBe(expected);
  });
});

describe('Events', () => {
  const path = '/apis/events.k8s.io/v1/namespaces/default/events';

  it('are created, changed, and listed', async () => {
    const api = new ApiServer();
    const [created, event] = await ask(api, 'POST', path, {
      metadata: { generateName: 'x.' },
      series: null,
      note: 'a',
    });
    expect(created).toBe(201);
    const { name } = (event as StoredObject).metadata;
    expect(name).toMatch(/^x\../);
    const [changed, after] = await ask(api, 'PATCH', `${path}/${name}`, { series: { count: 2 }, note: null });
    expect(changed).toBe(200);
    expect(after).toMatchObject({ series: { count: 2 } });
    expect(after).not.toHaveProperty('note');
    expect(await ask(api, 'GET', path)).toMatchObject([200, { items: [{ metadata: { name } }] }]);
  });

  it.each([
    ['POST', path, 409],
    ['PATCH', `${path}/missing`, 404],
    ['POST', '/api/v1/namespaces/default/services', 405],
  ])('%s %s is answered by %i', async (method, url, expected) => {
    const api = new ApiServer();
    await ask(api, 'POST', path, { metadata: { name: 'x' } });
    expect((await ask(api, method, url, { metadata: { name: 'x' } }))[0]).toBe(expected);
  });
});

describe('pages', () => {
  it('show the state at the first one, until it is forgotten', async () => {
    const api = new ApiServer({ clock: new FakeClock() });
    for (const name of ['a', 'b', 'c']) api.put({ kind: 'Node', metadata: { name } });
    const [, first] = await ask(api, 'GET', '/api/v1/nodes?limit=2');
    const { continue: token, remainingItemCount } = (first as { metadata: Record<string, unknown> }).metadata;
    expect(remainingItemCount).toBe(1);
    api.delete('Node', undefined, 'c');
    const next = `/api/v1/nodes?limit=2&continue=${String(token)}`;
    expect(await ask(api, 'GET', next)).toMatchObject([200, { items: [{ metadata: { name: 'c' } }] }]);
    api.cluster.compact();
    expect(await ask(api, 'GET', next)).toMatchObject([410, { reason: 'Expired' }]);
  });
});
