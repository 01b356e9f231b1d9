import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { service } from '@nftproxier/core/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../packages/daemon/src/http/index.js';
import type { ListeningServer } from '../../packages/daemon/src/http/index.js';
import { pageRoutes } from '../../packages/daemon/src/page/routes.js';
import { apiRoutes } from '../../packages/daemon/src/status/api.js';
import { guarded } from '../../packages/daemon/src/status/guard.js';
import type { Scene } from '../../packages/daemon/test/status/scene.js';
import { startBrowser } from './browser.js';
import { createShop, hostile } from './shop.js';

const screenshots = fileURLToPath(new URL('screenshots/', import.meta.url));

let browser: Browser;
let server: ListeningServer;
let scene: Scene;
let origin: string;
let complaints: string[];
let requests: string[];

beforeAll(async () => {
  await mkdir(screenshots, { recursive: true });
  browser = await startBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  scene = await createShop();
  complaints = [];
  requests = [];
  origin = await new Promise((resolve, reject) => {
    server = listen({
      address: { host: '127.0.0.1', port: 0 },
      what: 'the test',
      listener: guarded(new Map([...apiRoutes(scene.proxy), ...pageRoutes(scene.proxy)]), (error) => {
        complaints.push(String(error));
      }),
      failed: reject,
      listening: ({ port }) => {
        resolve(`http://127.0.0.1:${String(port)}`);
      },
    });
  });
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await server.close();
  // Every test: the browser had nothing to say, asked for nothing elsewhere, and nothing hostile ran.
  expect(complaints).toEqual([]);
  expect(requests.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith('data:'))).toEqual([]);
});

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`${origin}${path}`);
  return page;
}

const rows = (page: Page): Promise<readonly string[]> => page.locator('#services-list tbody th').allInnerTexts();

/** In the page: every text that is too faint, by WCAG's contrast of 4.5 to what is behind it. */
const faintTexts = `(() => {
  const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color[3] !== 0) return color;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest('script, style, [hidden], title')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(parse(element instanceof SVGElement ? style.fill : style.color)), luminance(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push(node.data.trim().slice(0, 40) + ' ' + contrast.toFixed(2));
  }
  return faint;
})()`;

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  it('shows everything, legibly', async () => {
    const page = await open('/', { colorScheme });
    await page.screenshot({ path: `${screenshots}top-${colorScheme}.png` });
    await page.screenshot({ path: `${screenshots}overview-${colorScheme}.png`, fullPage: true });
    expect(await page.title()).toBe('node-a · nftproxier');
    expect(await page.locator('#state').innerText()).toBe('Serving, with problems');
    expect(await page.locator('h2').allInnerTexts()).toEqual([
      expect.stringMatching(/^Quarantine\s+1$/),
      expect.stringMatching(/^Services\s+63$/),
      expect.stringMatching(/^New connections\s+[\d\u202f]+ in 50 min, [\d.]+ a second$/u),
      expect.stringMatching(/^Objects with problems/),
      'Watches',
      expect.stringMatching(/^Syncs/),
      'This node',
    ]);
    expect(await page.evaluate(faintTexts)).toEqual([]);
  });

  it('shows a Service, legibly', async () => {
    const page = await open('/page/shop/frontend', { colorScheme });
    await page.screenshot({ path: `${screenshots}service-${colorScheme}.png`, fullPage: true });
    expect(await page.locator('h2').innerText()).toMatch(/shop\/frontend\s+served/);
    expect(await page.evaluate(faintTexts)).toEqual([]);
  });
});

describe('without JavaScript', () => {
  const javaScriptEnabled = false;

  it('searches, pages and leads to a Service', async () => {
    const page = await open('/', { javaScriptEnabled });
    expect(await rows(page)).toHaveLength(25);
    expect(await page.locator('#live').isVisible()).toBe(false);
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByRole('link', { name: 'Next' }).click();
    expect(await rows(page)).toHaveLength(13);
    await page.getByRole('link', { name: 'Previous' }).click();
    await page.getByRole('link', { name: 'Previous' }).click();
    expect(await rows(page)).toHaveLength(25);

    await page.getByRole('searchbox', { name: 'Search' }).fill('203.0.113.10');
    await page.getByRole('button', { name: 'Find' }).click();
    expect(await rows(page)).toEqual(['shop/frontend']);
    await page.locator('#services-list').getByRole('link', { name: 'shop/frontend' }).click();
    expect(await page.getByRole('row', { name: '203.0.113.10:80' }).innerText()).toContain('load balancer');
    await page.getByRole('link', { name: 'All Services' }).click();
    expect(await rows(page)).toHaveLength(25);
  });

  it('shows the busiest Services and endpoints, and leads to them', async () => {
    const page = await open('/', { javaScriptEnabled });
    const [services, endpoints] = await page.locator('#connections table').all();
    expect(await services!.locator('tbody tr').first().innerText()).toMatch(/^shop\/frontend\s+473\.7\s+14\u202f210$/u);
    expect(await services!.locator('tbody tr').count()).toBe(9);
    expect(await endpoints!.locator('tbody th').first().innerText()).toMatch(/^10\.244\.\d+\.\d+:8080 TCP$/);
    await services!.getByRole('link', { name: 'shop/frontend' }).click();
    expect(await page.locator('#service').innerText()).toMatch(
      /14\u202f210 new connections since the start, 473\.7 a/u,
    );
    await page.getByRole('columnheader', { name: 'New a second' }).waitFor();
  });

  it('has its charts, and the reasons of the quarantine', async () => {
    const page = await open('/', { javaScriptEnabled });
    expect(await page.locator('svg .change').count()).toBeGreaterThan(300);
    expect(await page.locator('svg .failed').count()).toBe(1);
    expect(await page.locator('#quarantine tbody').innerText()).toMatch(/shop\/payment[^]*NFT_REFUSED[^]*busy/);
  });
});

describe('with JavaScript', () => {
  it('follows the counters', async () => {
    const page = await open('/');
    await page.clock.install();
    await page.reload();
    scene.packets.set('10.96.12.5 tcp 80', 99_999);
    scene.pass(30_000);
    await scene.count();
    await page.clock.runFor(6_000);
    await page.locator('#connections td', { hasText: '99\u202f999' }).waitFor();
  });

  it('follows what happens, and can be paused', async () => {
    const page = await open('/?search=shop/');
    await page.clock.install();
    await page.reload();
    expect(await rows(page)).not.toContain('shop/new');
    scene.set('Service', service({ name: 'new', namespace: 'shop', clusterIP: '10.96.40.1', ports: [80] }));
    await scene.sync();
    await page.clock.runFor(6_000);
    await page.getByRole('link', { name: 'shop/new' }).waitFor();

    await page.getByRole('button', { name: 'Pause' }).click();
    const before = requests.length;
    await page.clock.runFor(60_000);
    expect(requests).toHaveLength(before);
  });

  it('searches while one types, and keeps what is typed', async () => {
    const page = await open('/');
    await page.getByRole('searchbox').pressSequentially('checkout');
    await page.waitForURL('**/?search=checkout');
    await page.locator('#services-list caption', { hasText: '1–1 of 1 Service' }).waitFor();
    expect(await rows(page)).toEqual(['shop/checkout']);
    expect(await page.getByRole('searchbox').inputValue()).toBe('checkout');
    await page.reload();
    expect(await rows(page)).toEqual(['shop/checkout']);
  });
});

describe('anyone', () => {
  it('runs nothing of hostile objects, with or without the search', async () => {
    for (const path of ['/', `/?search=${encodeURIComponent(hostile)}`, '/page/shop/legacy']) {
      const page = await open(path);
      expect(await page.title(), path).not.toBe('owned');
      expect(await page.locator('img').count(), path).toBe(0);
      expect(await page.locator('script').count(), path).toBe(1);
    }
  });

  it('is refused under another name, as after DNS rebinding', async () => {
    const answer = await fetch(`${origin}/status`);
    expect(answer.status).toBe(200);
    const context = await browser.newContext();
    const rebound = await context.request.get(`${origin}/status`, { headers: { Host: 'rebound.example' } });
    expect(rebound.status()).toBe(403);
  });

  it('gets along with a narrow screen and with the keyboard alone', async () => {
    const page = await open('/', { viewport: { width: 390, height: 800 } });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('To the content');
    for (let index = 0; index < 20; index += 1) {
      if ((await page.evaluate('document.activeElement.id')) === 'search') break;
      await page.keyboard.press('Tab');
    }
    expect(await page.evaluate('document.activeElement.id')).toBe('search');
    await page.keyboard.type('email');
    await page.keyboard.press('Enter');
    await page.locator('#services-list caption', { hasText: '1 Service' }).waitFor();
    expect(await rows(page)).toEqual(['shop/email']);
  });

  it('finds headings, names and captions for everything', async () => {
    const page = await open('/');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await page.locator('table:not(:has(caption))').count()).toBe(0);
    expect(await page.locator('th:not([scope])').count()).toBe(0);
    expect(await page.locator('svg:not([aria-labelledby])').count()).toBe(0);
    expect(
      await page.evaluate(
        `[...document.querySelectorAll('[id]')].length - new Set([...document.querySelectorAll('[id]')].map(({ id }) => id)).size`,
      ),
    ).toBe(0);
    expect(await page.locator('h1').count()).toBe(1);
  });
});
