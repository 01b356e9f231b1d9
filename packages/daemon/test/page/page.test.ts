import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { service, slice } from '@nftproxier/core/testing';
import type { HttpReply } from '../../src/http/index.js';
import { escape, Html, html } from '../../src/page/html.js';
import { contentSecurityPolicy } from '../../src/page/layout.js';
import { pageRoutes } from '../../src/page/routes.js';
import { age, duration, number, rate } from '../../src/page/words.js';
import { createScene } from '../status/scene.js';
import type { Scene } from '../status/scene.js';

async function get(scene: Scene, target: string): Promise<HttpReply & { readonly body: string }> {
  const { pathname: path, searchParams: query } = new URL(target, 'http://127.0.0.1');
  const handler = pageRoutes(scene.proxy).get(path.startsWith('/page/') ? '/page/' : '/');
  const { signal } = new AbortController();
  const request = { method: 'GET', path, query, accept: 'text/html', text: () => Promise.resolve(''), signal };
  const reply = await handler?.(request);
  return { ...reply!, body: reply?.body as string };
}

/** The tags of a page with their attributes, without its style and script. */
const markup = (body: string): string =>
  body
    .replace(/<style>.*?<\/style>/su, '')
    .replace(/<script>.*?<\/script>/su, '')
    .match(/<[^>]*>/gu)!
    .join('\n');

/** The same without what stands between quotes. */
const names = (body: string): string => markup(body).replaceAll(/"[^"]*"/gu, '""');

const hostile = `"><img src=x onerror=alert(1)><script>alert(1)</script>'\`&#x3c;`;

describe('html', () => {
  it('escapes everything but what it made itself', () => {
    expect(html`<b title="${hostile}">${hostile}</b>`.text).toBe(
      `<b title="${escape(hostile)}">${escape(hostile)}</b>`,
    );
    expect(escape(hostile)).not.toMatch(/[<>"'`]/);
    expect(html`${[html`<i>${'&'}</i>`, '<', 7]}${undefined}${false}`.text).toBe('<i>&amp;</i>&lt;7');
    expect(html`${new Html('<hr>')}`.text).toBe('<hr>');
  });
});

describe('the page', () => {
  it('shows Services, endpoints and syncs', async () => {
    const scene = createScene();
    scene.set('Service', service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] }));
    scene.set('EndpointSlice', slice({ service: 'web', ports: [8080], endpoints: ['10.244.1.1', '10.244.1.2'] }));
    await scene.sync(12);
    const { status, headers, body } = await get(scene, '/');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': contentSecurityPolicy,
    });
    for (const text of [
      'nftproxier on node-a',
      '/page/default/web',
      '10.96.0.80:80',
      'Serving',
      '12 ms',
      'whole table',
    ])
      expect(body).toContain(text);
    const { body: one } = await get(scene, '/page/default/web');
    for (const text of ['10.244.1.1:8080', '10.244.1.2:8080', '50.0%', 'to any endpoint']) expect(one).toContain(text);
  });

  it('says how endpoints are chosen, with weights where they count', async () => {
    const scene = createScene();
    const web = service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] });
    const annotations = { 'nftproxier.io/algorithm': 'maglev' };
    scene.set('Service', { ...web, metadata: { ...web.metadata, annotations } });
    scene.set('EndpointSlice', slice({ service: 'web', ports: [8080], endpoints: ['10.244.1.1', '10.244.1.2'] }));
    await scene.sync();
    const { body } = await get(scene, '/page/default/web');
    expect(body).toContain('over a Maglev table');
    expect(body).toContain('Weight');
    expect(body).not.toContain('50.0%');
  });

  it('shows new connections where they are counted, and says so where not', async () => {
    const objects = [
      ['Service', service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] })],
      ['EndpointSlice', slice({ service: 'web', ports: [8080], endpoints: ['10.244.1.1', '10.244.1.2'] })],
    ] as const;
    const [off, on] = [createScene(), createScene('endpoints')];
    for (const scene of [off, on]) {
      for (const [kind, object] of objects) scene.set(kind, object);
      await scene.sync();
      expect((await get(scene, '/page/default/web')).body).not.toContain('since the start');
    }
    expect((await get(off, '/')).body).toContain('They are not counted');
    expect((await get(on, '/')).body).toContain('No counter has been read yet.');
    await on.count();
    on.pass(10_000);
    on.packets.set('10.96.0.80 tcp 80', 1_234).set('10.244.1.2 tcp 8080', 617);
    await on.count();
    const { body } = await get(on, '/');
    expect(body).toContain('1\u202f234 in 10 s, 123.4 a second');
    expect(body).toMatch(/10\.244\.1\.2:8080[^]*61\.7/u);
    const { body: one } = await get(on, '/page/default/web');
    expect(one).toContain('1\u202f234 new connections since the start, 123.4 a second');
    expect(one).toMatch(/10\.244\.1\.2:8080[^]*61\.7[^]*617/u);
  });

  it('searches by a plain form, and pages by links', async () => {
    const scene = createScene();
    scene.set(
      'Service',
      ...Array.from({ length: 120 }, (_, index) => service({ name: `s${String(index).padStart(3, '0')}`, ports: [] })),
    );
    await scene.sync();
    const { body } = await get(scene, '/');
    expect(body).toMatch(/<form class="search" method="get"/);
    expect(body).toContain('href="/?after=default%2Fs024#services"');
    const second = await get(scene, '/?after=default%2Fs024');
    expect(second.body).toContain('href="/?before=default%2Fs025#services"');
    expect(second.body).toContain('26–50 of 120 Services');
    const found = await get(scene, '/?search=s11');
    expect(found.body).toContain('1–10 of 10 Services for “s11”');
    expect(found.body).toContain('value="s11"');
    expect((await get(scene, '/?search=nothing')).body).toContain('No Service matches “nothing”.');
  });

  it.each(['/nothing', '/page/default/none', '/page/', `/page/${encodeURIComponent(hostile)}`])(
    '%s is 404',
    async (path) => {
      const { status, body } = await get(createScene(), path);
      expect(status).toBe(404);
      expect(body).not.toContain('onerror');
    },
  );

  it('lets nothing of hostile objects become markup', async () => {
    const scene = createScene();
    scene.set(
      'Service',
      service({
        name: 'evil',
        clusterIP: '10.96.0.66',
        ports: [{ name: hostile, port: 80, protocol: hostile }],
        externalIPs: [hostile, '\u202e1.2.3.4\u0007'],
        loadBalancerIPs: [hostile],
        loadBalancerSourceRanges: [hostile],
        sessionAffinity: hostile,
      }),
      service({ name: hostile, namespace: hostile, clusterIP: '10.96.0.67', ports: [80] }),
    );
    scene.set('EndpointSlice', slice({ service: 'evil', name: hostile, ports: [80], endpoints: [hostile] }));
    scene.poison.add('default/evil');
    scene.source = { kind: 'manifests', directory: hostile, failures: 1 };
    scene.warnings = [hostile];
    await scene.sync();
    scene.failure = Object.assign(new Error(hostile), { code: hostile });
    scene.set('Service', service({ name: 'other', clusterIP: '10.96.0.68', ports: [80] }));
    await scene.sync();
    for (const path of ['/', `/?search=${encodeURIComponent(hostile)}`, '/page/default/evil']) {
      const { body } = await get(scene, path);
      expect(body, path).toMatch(/onerror/);
      expect(names(body), path).not.toMatch(/<img|onerror|alert/i);
      expect(markup(body), path).not.toMatch(/javascript:/i);
      expect(body.match(/<script/gu), path).toHaveLength(1);
      expect(body, path).not.toMatch(/[\u202a-\u202e]|\p{Cc}(?<!\s)/u);
    }
  });

  it('has a policy under which nothing but its own style and script can do anything', async () => {
    const { body } = await get(createScene(), '/');
    for (const kind of ['style', 'script'] as const) {
      const [, text = ''] = new RegExp(`<${kind}>(.*?)</${kind}>`, 'su').exec(body) ?? [];
      const hash = createHash('sha256').update(text).digest('base64');
      expect(contentSecurityPolicy).toContain(`${kind}-src 'sha256-${hash}'`);
    }
    expect(contentSecurityPolicy).toMatch(/^default-src 'none';/);
    expect(contentSecurityPolicy).not.toMatch(/unsafe|\*|https?:/);
    // What the policy would stop is not there to begin with: inline handlers and styles, and anything from elsewhere.
    expect(markup(body)).not.toMatch(/\s(?:on\w+|style)=|(?:src|href)="(?:https?:)?\/\//i);
  });

  it('draws failed syncs and replacements unlike changes', async () => {
    const scene = createScene();
    await scene.sync(900);
    scene.set('Service', service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] }));
    await scene.sync(3);
    scene.failure = Object.assign(new Error('no nft'), { code: 'NFT_MISSING' });
    scene.set('Service', service({ name: 'web', clusterIP: '10.96.0.80', ports: [81] }));
    await scene.sync(2_000);
    const { body } = await get(scene, '/');
    expect(body.match(/class="change"/gu)).toHaveLength(1);
    expect(body.match(/class="replace"/gu)).toHaveLength(1);
    expect(body.match(/class="failed"/gu)).toHaveLength(1);
    expect(body).toContain('NFT_MISSING');
    expect(body).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('stays small, whatever the size of the cluster', async () => {
    const scene = createScene();
    const bad = { externalIPs: [hostile], ports: Array.from({ length: 30 }, (_, port) => port + 1) };
    scene.set(
      'Service',
      ...Array.from({ length: 300 }, (_, index) =>
        service({ name: `s${String(index)}`, clusterIP: `10.96.${String(index >> 8)}.${String(index & 255)}`, ...bad }),
      ),
    );
    await scene.sync();
    expect((await get(scene, '/')).body.length).toBeLessThan(300_000);
  });
});

describe('words', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1\u202f000'],
    [1_234_567, '1\u202f234\u202f567'],
  ])('%d reads %s', (value, text) => {
    expect(number(value)).toBe(text);
  });

  it.each([
    [undefined, '–'],
    [0, '0 ms'],
    [12, '12 ms'],
    [1_234, '1.23 s'],
    [150_000, '2 min 30 s'],
  ])('%s ms read %s', (value, text) => {
    expect(duration(value)).toBe(text);
  });

  it.each([
    [0, '0'],
    [0.004, '0.00'],
    [2.5, '2.50'],
    [123.44, '123.4'],
    [12_345.6, '12\u202f346'],
  ])('%d a second read %s', (value, text) => {
    expect(rate(value)).toBe(text);
  });

  it.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h 0 min'],
    [200_000_000, '2 d 7 h'],
  ])('%d ms are %s', (value, text) => {
    expect(age(value)).toBe(text);
  });
});
