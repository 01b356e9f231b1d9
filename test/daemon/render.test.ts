import { cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServicePlan } from '@nftproxier/core';
import type { Difference } from '../../packages/daemon/src/commands/difference.js';
import { paint, wantsColor } from '../../packages/daemon/src/commands/paint.js';
import { createProgram } from '../../packages/daemon/src/commands/program.js';

const shop = fileURLToPath(new URL('../../examples/shop', import.meta.url));
const flags = ['--hostname-override', 'node-a', '--cluster-cidr', '10.244.0.0/16,fd00:10:244::/56'];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nftproxier-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Run {
  readonly out: string;
  readonly err: string;
  readonly code: number | undefined;
}

async function nftproxier(...argv: readonly string[]): Promise<Run> {
  let out = '';
  let err = '';
  let code: number | undefined;
  const output = { out: (text: string) => (out += text), err: (text: string) => (err += text) };
  const program = createProgram(output, new Promise(() => undefined), (exit) => {
    code = exit;
  });
  await program.parseAsync([...argv], { from: 'user' }).catch(() => undefined);
  return { out, err, code };
}

describe('nftproxier render', () => {
  it('prints the ruleset of the shop on node-a, with nothing to complain of', async () => {
    const { out, err, code } = await nftproxier('render', '--manifests', shop, ...flags);
    expect({ err, code }).toEqual({ err: '', code: 0 });
    await expect(out).toMatchFileSnapshot('../golden/shop.nft');
  });

  it('prints the same bytes whatever files the objects are in', async () => {
    const { out } = await nftproxier('render', '--manifests', shop, ...flags);
    await cp(shop, folder, { recursive: true });
    const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml'));
    for (const [index, file] of files.entries()) {
      await rename(join(folder, file), join(folder, `${String(files.length - index)}-${file}`));
    }
    const again = await nftproxier('render', '--manifests', folder, ...flags);
    expect(again.out).toBe(out);
  });

  it('shows plans as JSON', async () => {
    const { out } = await nftproxier('render', '--manifests', shop, ...flags, '--output', 'json');
    const { node, plans } = JSON.parse(out) as { readonly node: string; readonly plans: readonly object[] };
    expect(node).toBe('node-a');
    expect(plans.length).toBeGreaterThan(5);
  });

  it('reports what it cannot use of an object, and renders the rest', async () => {
    await cp(shop, folder, { recursive: true });
    const bad = {
      kind: 'Service',
      metadata: { namespace: 'shop', name: 'bad' },
      spec: {
        clusterIP: '10.96.1.1',
        externalIPs: ['127.0.0.1', 'x; delete table inet t'],
        ports: [{ port: 80 }, { port: 0 }],
      },
    };
    await writeFile(join(folder, 'bad.json'), JSON.stringify(bad));
    const { out, err, code } = await nftproxier('render', '--manifests', folder, ...flags);
    expect(code).toBe(0);
    expect(err.split('\n').filter((line) => line !== '')).toEqual([
      expect.stringMatching(/^warning: Service shop\/bad spec\.ports\[1\]\.port: 0 is not a port number/),
      expect.stringMatching(/^warning: Service shop\/bad spec\.externalIPs\[0\]: 127\.0\.0\.1 is a loopback address/),
      expect.stringMatching(
        /^warning: Service shop\/bad spec\.externalIPs\[1\]: "x; delete table inet t" is not an IP address/,
      ),
    ]);
    expect(out).toContain('10.96.1.1 . tcp . 80');
    expect(out).not.toContain('delete table inet t\n');
  });

  it('names the file and line of a manifest that does not parse', async () => {
    await writeFile(join(folder, 'a.yaml'), 'kind: Service\nmetadata:\n  name: [\n');
    const { out, err, code } = await nftproxier('render', '--manifests', folder);
    expect({ out, code }).toEqual({ out: '', code: 2 });
    expect(err).toMatch(/error: a\.yaml:\d+: not YAML: /);
  });

  it('asks for manifests, and says what is wrong with a flag', async () => {
    expect((await nftproxier('render')).err).toMatch(/--manifests: missing; give render a directory/);
    const { err, code } = await nftproxier('render', '--manifests', shop, '--cluster-cidr', 'ten');
    expect(code).toBe(2);
    expect(err).toMatch(/error: .*cluster/i);
  });
});

describe('nftproxier render --service', () => {
  it('prints what one Service adds, and nothing of others', async () => {
    const { out, code } = await nftproxier('render', '--manifests', shop, ...flags, '--service', 'shop/frontend');
    expect(code).toBe(0);
    expect(out).toContain('10.96.98.50 . tcp . 80 : goto pick-tcp4-2');
    expect(out).not.toContain('10.96.0.10');
    expect(out).not.toContain('hook');
  });

  it('has the plan of that Service alone in JSON', async () => {
    const service = ['--service', 'shop/frontend', '--output', 'json'];
    const { out } = await nftproxier('render', '--manifests', shop, ...flags, ...service);
    expect(JSON.parse(out)).toMatchObject({ counts: { services: 1 }, plans: [{ service: 'shop/frontend' }] });
  });

  it('says that there is no such Service', async () => {
    const { err, code } = await nftproxier('render', '--manifests', shop, ...flags, '--service', 'shop/none');
    expect({ err, code }).toEqual({ err: 'error: --service: the manifests have no Service "shop/none"\n', code: 2 });
  });
});

describe('nftproxier render --diff', () => {
  const diff = (...more: readonly string[]) =>
    nftproxier('render', '--manifests', shop, '--diff', folder, ...flags, ...more);

  it('says nothing, and so in its exit code, where nothing differs', async () => {
    await cp(shop, folder, { recursive: true });
    expect(await diff()).toEqual({ out: '', err: '', code: 0 });
  });

  it('shows which Services and what of the table differs', async () => {
    await cp(shop, folder, { recursive: true });
    await rm(join(folder, 'kube-dns.yaml'));
    const frontend = await readFile(join(folder, 'frontend.yaml'), 'utf8');
    await writeFile(join(folder, 'frontend.yaml'), frontend.replaceAll('10.244.2.12', '10.244.2.13'));
    const { out, code } = await diff();
    expect(code).toBe(3);
    expect(out).toContain('Service kube-system/kube-dns added\nService shop/frontend changed\n');
    expect(out).toContain('\n- 10.96.98.50 . 80 . 1 : 10.244.2.13 . 8080\n');
    expect(out).toContain('\n+ 10.96.98.50 . 80 . 1 : 10.244.2.12 . 8080\n');
    const one = JSON.parse((await diff('--service', 'shop/frontend', '--output', 'json')).out) as Difference;
    expect(one.services).toEqual([{ service: 'shop/frontend', change: 'changed' }]);
    expect(one.objects.map(({ object }) => object.split(' ')[1])).toEqual(['endpoints-tcp4']);
  });
});

describe('nftproxier trace', () => {
  it('says where a packet goes, and why', async () => {
    const { out, code } = await nftproxier(
      'trace',
      '--manifests',
      shop,
      ...flags,
      '--from',
      '198.51.100.50',
      '--to',
      '203.0.113.10:80/tcp',
    );
    expect(code).toBe(0);
    expect(out).toContain('Service port shop/frontend-external:http, by its LoadBalancerIP');
    expect(out).toContain('=> to 10.244.1.13:8080');
  });

  it('says why a packet does not arrive', async () => {
    const { out } = await nftproxier(
      'trace',
      '--manifests',
      shop,
      ...flags,
      '--from',
      '203.0.114.50',
      '--to',
      '203.0.113.10:80/tcp',
    );
    expect(out).toContain('firewalled4');
    expect(out).toMatch(/=> dropped/);
  });

  it('refuses what is no packet', async () => {
    const to = await nftproxier('trace', '--manifests', shop, '--from', '10.244.1.13', '--to', '10.96.0.10');
    expect(to.err).toMatch(/--to: "10\.96\.0\.10" is not ADDRESS:PORT\/PROTOCOL/);
    expect(to.code).toBe(2);
    const from = await nftproxier('trace', '--manifests', shop, ...flags, '--from', 'pod', '--to', '10.96.0.10:53/udp');
    expect(from.err).toMatch(/--from: "pod" is neither an IP address nor "node" nor a pod/);
  });

  const trace = (from: string, to: string, ...more: readonly string[]) =>
    nftproxier('trace', '--manifests', shop, ...flags, '--from', from, '--to', to, ...more);

  it('knows pods by name, says their names, and where they should be traced instead', async () => {
    const { out, err } = await trace('shop/frontend-7d9c4-m5t9q', '10.96.98.50:80/tcp');
    expect(err).toMatch(/^warning: pod shop\/frontend-7d9c4-m5t9q is on node-b, .*use --hostname-override node-b\n$/);
    expect(out).toContain('tcp 10.244.2.12 to 10.96.98.50:80, arriving on eth0');
    expect(out).toContain('50.0 %  10.244.1.13:8080  pod shop/frontend-7d9c4-x2k8p on node-a\n');
    expect((await trace('frontend-7d9c4-x2k8p', '[fd00:10:96::6144]:80/tcp')).out).toContain(
      'tcp fd00:10:244:1::13 to',
    );
  });

  it.each([
    ['10.244.1.9', '10.96.98.50:80/tcp', 'Each new connection goes to one of 2 endpoints.'],
    ['10.244.1.9', '10.96.98.50:80/tcp', "The endpoint sees the client's own address."],
    ['198.51.100.50', '10.96.98.50:80/tcp', 'the client is no pod of this node'],
    ['10.244.1.13', '10.96.98.50:80/tcp', "An endpoint that connects to itself sees the node's address"],
    [
      '10.244.1.9',
      '10.96.98.50:81/tcp',
      '10.96.98.50 is the cluster IP of shop/frontend, which has no port 81/tcp; it has 80/tcp.',
    ],
    [
      '10.244.1.9',
      '10.96.77.50:80/tcp',
      'No Service has the cluster IP 10.96.77.50, which is in the range 10.96.0.0/16.',
    ],
    ['10.244.1.9', '192.168.10.1:80/tcp', 'No Service has the node port 80/tcp at 192.168.10.1 of node-a.'],
    ['10.244.1.9', '192.0.2.99:80/tcp', 'No Service has 192.0.2.99 on node-a.'],
    ['203.0.114.50', '203.0.113.10:80/tcp', "203.0.114.50 is in none of the Service's loadBalancerSourceRanges"],
    ['198.51.100.50', '203.0.113.10:81/tcp', 'other ports are left alone'],
    ['10.244.1.9', '10.96.98.50:80/tcp', 'Algorithm: random, every endpoint alike.'],
    ['10.244.1.9', '10.96.98.50:80/tcp', 'Topology hints are not honoured: no ready endpoint has a hint.'],
  ])('says why: %s to %s', async (from, to, reason) => {
    expect((await trace(from, to)).out).toContain(reason);
  });

  it('names the algorithm, the slot of the client, and the share of each endpoint', async () => {
    const { out } = await trace('198.51.100.50', '10.96.98.50:80/tcp', '--algorithm', 'maglev');
    expect(out).toContain("Algorithm: maglev, by the client's address.");
    const [, endpoint] = /The client has slot \d+ of 251: (\S+)\.\n/.exec(out) ?? [];
    expect(out).toContain(`=> to ${String(endpoint)}`);
    expect(out).toMatch(/Shares of all clients: \S+ \d\d\.\d %, \S+ \d\d\.\d %\.\n/);
  });

  it('says which traffic policy drops, and which Service has no endpoints', async () => {
    const json = async (from: string, to: string) =>
      JSON.parse((await trace(from, to, '--output', 'json')).out) as { readonly reasons: readonly string[] };
    const { plans } = JSON.parse(
      (await nftproxier('render', '--manifests', shop, ...flags, '--output', 'json')).out,
    ) as { readonly plans: readonly ServicePlan[] };
    const nobody = plans.find(({ service }) => service === 'shop/nobody')?.ports[0];
    const to = `${String(nobody?.clusterIP)}:${String(nobody?.frontends[0]?.port)}/tcp`;
    expect((await json('10.244.1.9', to)).reasons).toEqual([
      expect.stringMatching(/^shop\/nobody.* has no endpoint that can take connections/) as string,
    ]);
    await cp(shop, folder, { recursive: true });
    const external = await readFile(join(folder, 'frontend-external.yaml'), 'utf8');
    await writeFile(
      join(folder, 'frontend-external.yaml'),
      external.replaceAll('nodeName: node-a', 'nodeName: node-c'),
    );
    const options = ['--manifests', folder, ...flags, '--from', '198.51.100.50', '--to', '203.0.113.10:80/tcp'];
    expect((await nftproxier('trace', ...options)).out).toContain(
      'externalTrafficPolicy is Local, and no endpoint of shop/frontend-external:http is on node-a: other nodes serve it.',
    );
  });
});

describe('help and colours', () => {
  it.each(['render', 'trace'])('%s has examples, and says what its exit codes mean', async (command) => {
    const { out, code } = await nftproxier(command, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Examples:\n  $ nftproxier ${command} --manifests`);
    expect(out).toContain('Exit codes:\n  0  done');
  });

  it('a command line that lacks what it needs ends with code 2', async () => {
    expect((await nftproxier('trace', '--manifests', shop)).code).toBe(2);
  });

  it('colours are for people at a terminal who want them', async () => {
    expect(wantsColor(true, {})).toBe(true);
    expect(wantsColor(false, {})).toBe(false);
    expect(wantsColor(true, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColor(true, { TERM: 'dumb' })).toBe(false);
    expect(paint(true).bad('no')).toBe('\u001b[31mno\u001b[39m');
    expect(paint(false).bad('no')).toBe('no');
  });
});
