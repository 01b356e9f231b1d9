import { cp, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
    expect(from.err).toMatch(/--from: "pod" is neither an IP address nor "node"/);
  });
});
