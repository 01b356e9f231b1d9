import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { service } from '@nftproxier/core/testing';
import { createProgram } from '../../packages/daemon/src/commands/program.js';
import { listen } from '../../packages/daemon/src/http/index.js';
import type { ListeningServer } from '../../packages/daemon/src/http/index.js';
import { apiRoutes } from '../../packages/daemon/src/status/api.js';
import { guarded } from '../../packages/daemon/src/status/guard.js';
import { createScene } from '../../packages/daemon/test/status/scene.js';
import type { Scene } from '../../packages/daemon/test/status/scene.js';
import { createShop } from '../status-page/shop.js';

const shop = fileURLToPath(new URL('../../examples/shop', import.meta.url));

let scene: Scene;
let server: ListeningServer;
let address: string;

beforeEach(async () => {
  scene = await createShop();
  await serve();
});
afterEach(() => server.close());

async function serve(): Promise<void> {
  address = await new Promise((resolve, reject) => {
    server = listen({
      address: { host: '127.0.0.1', port: 0 },
      what: 'the test',
      listener: guarded(apiRoutes(scene.proxy), reject),
      failed: reject,
      listening: ({ port }) => {
        resolve(`127.0.0.1:${String(port)}`);
      },
    });
  });
}

async function nftproxier(argv: readonly string[], stopped = new Promise<string>(() => undefined), color = false) {
  let out = '';
  let err = '';
  let code: number | undefined;
  const output = { out: (text: string) => (out += text), err: (text: string) => (err += text), color };
  const program = createProgram(output, stopped, (exit) => {
    code = exit;
  });
  await program.parseAsync([...argv], { from: 'user' }).catch(() => undefined);
  return { out, err, code };
}

describe('nftproxier status', () => {
  it('says what is served and what is wrong, and ends with 3 where something is', async () => {
    const { out, err, code } = await nftproxier(['status', '--address', address]);
    expect({ err, code }).toEqual({ err: '', code: 3 });
    expect(out).toMatch(/^nftproxier 0\.1\.0 on node-a: impaired, up 50 min/);
    expect(out).toMatch(/Table nftproxier: 63 Services, 72 service ports/);
    expect(out).toMatch(/Refused: 1\n {2}shop\/payment .*NFT_REFUSED/);
    expect(out).toMatch(/Conflicts: 1\n {2}Service shop\/frontend/);
    expect(out).toMatch(/EndpointSlice +watching/);
    expect(out).not.toContain('\u001b');
  });

  it('ends with 0 where all is well, and tells it in JSON', async () => {
    scene.poison.clear();
    scene.set('Service', service({ name: 'payment', namespace: 'shop', clusterIP: '10.96.12.6', ports: [80] }));
    await scene.sync();
    const { out, code } = await nftproxier(['status', '--address', address, '--output', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ state: 'serving', table: { services: 63 } });
  });

  it('lists Services and shows one', async () => {
    const list = await nftproxier(['status', '--address', address, '--services', 'front']);
    expect(list.code).toBe(0);
    expect(list.out).toMatch(/^SERVICE +REACHED AT +ENDPOINTS +HERE +STATE\nshop\/frontend +10\.96\.12\.5:80\/TCP/);
    const one = await nftproxier(['status', '--address', address, '--service', 'shop/frontend']);
    expect(one.out).toMatch(/^shop\/frontend: served/);
    expect(one.out).toMatch(/SLOT +ENDPOINT +WHERE[^\n]*\n +0 +10\.244\./);
    const refused = await nftproxier(['status', '--address', address, '--service', 'shop/payment']);
    expect(refused).toMatchObject({ code: 3, out: expect.stringMatching(/refused[^]*NFT_REFUSED/) });
  });

  it('says who gets the most new connections, and that they are not counted where they are not', async () => {
    const top = await nftproxier(['status', '--address', address, '--top', '2']);
    expect({ err: top.err, code: top.code }).toEqual({ err: '', code: 0 });
    expect(top.out).toMatch(/^[\d\u202f]+ new connections in 50 min, [\d.]+ a second\n/u);
    expect(top.out).toMatch(/SERVICE +PER SECOND +CONNECTIONS\nshop\/frontend +\d+\.\d+ +[\d\u202f]+\nshop\/cart /u);
    expect(top.out).toMatch(/ENDPOINT +PROTOCOL +PER SECOND +CONNECTIONS\n10\.244\.[\d.]+:8080 +TCP /u);
    expect(top.out).toMatch(/and 7 more[^]*and 61 more/);
    const json = await nftproxier(['status', '--address', address, '--top', '--output', 'json']);
    const { services } = JSON.parse(json.out) as { readonly services: { readonly shown: readonly object[] } };
    expect(services.shown).toHaveLength(9);
    const one = await nftproxier(['status', '--address', address, '--service', 'shop/cart']);
    expect(one.out).toMatch(/new connections since the start[^]*SLOT +ENDPOINT +WHERE +PER SECOND +CONNECTIONS/);

    for (const argv of [
      ['--top', '0'],
      ['--top', 'many'],
      ['--top', '--services'],
    ]) {
      expect(await nftproxier(['status', '--address', address, ...argv])).toMatchObject({ out: '', code: 2 });
    }
    await server.close();
    scene = createScene();
    await serve();
    const off = await nftproxier(['status', '--address', address, '--top']);
    expect(off).toMatchObject({ err: '', code: 0, out: expect.stringMatching(/^Connections are not counted/) });
  });

  it('says where it looked if there is no daemon, and ends with 1', async () => {
    await server.close();
    const { out, err, code } = await nftproxier(['status', '--address', address]);
    expect({ out, code }).toEqual({ out: '', code: 1 });
    expect(err).toContain(`no nftproxier answers at ${address} (ECONNREFUSED)`);
    expect((await nftproxier(['status', '--address', 'nonsense'])).err).toContain('is not ADDRESS:PORT');
    expect((await nftproxier(['status', '--address', address, '--service', '../status'])).code).toBe(1);
  });

  it.each([
    [[], { node: 'node-a' }],
    [['--top', '3'], { counters: 'endpoints' }],
  ])('watches until it is interrupted: %j', async (more, expected) => {
    const stopped = new Promise<string>((resolve) => setTimeout(resolve, 2_500, 'SIGINT'));
    const argv = ['status', '--address', address, '--watch', '--output', 'json', ...more];
    const { out, code } = await nftproxier(argv, stopped);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n').length).toBeGreaterThan(1);
    for (const line of out.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject(expected);
  });
});

describe('a running daemon instead of manifests', () => {
  it('is traced', async () => {
    const flags = ['--address', address, '--from', '10.9.9.9', '--to', '203.0.113.10:80/tcp'];
    const { out, err, code } = await nftproxier(['trace', ...flags]);
    expect({ err, code }).toEqual({ err: '', code: 0 });
    expect(out).toMatch(/Service port shop\/frontend:http, by its LoadBalancerIP/);
    expect(out).toMatch(/12\.5 % {2}10\.244\.1\.100:8080/);
  });

  it('is compared with manifests', async () => {
    const flags = ['--manifests', shop, '--hostname-override', 'node-a', '--cluster-cidr', '10.244.0.0/16'];
    const { out, code } = await nftproxier(['render', ...flags, '--diff-node', address, '--output', 'json']);
    expect(code).toBe(3);
    const { services, objects } = JSON.parse(out) as Readonly<Record<'services' | 'objects', readonly object[]>>;
    // How often this kernel looks a Service up is not in the manifests.
    expect(JSON.stringify(objects)).toContain('chain services');
    expect(JSON.stringify(objects)).not.toContain('vmap @services4');
    expect(services).toContainEqual({ service: 'shop/admin', change: 'changed' });
    expect(services).toContainEqual({ service: 'shop/email', change: 'removed' });
    expect(services).toContainEqual({ service: 'kube-system/kube-dns', change: 'added' });
  });
});

describe('nftproxier version', () => {
  it('says it in text and JSON', async () => {
    expect(await nftproxier(['version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^nftproxier 0\.\d+\.\d+, Node v/),
    });
    expect(JSON.parse((await nftproxier(['version', '--output', 'json'])).out)).toMatchObject({
      nftproxier: expect.any(String),
    });
  });
});
