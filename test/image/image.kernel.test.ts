import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNft } from '@nftproxier/nft';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { labFlags, startDaemon } from '../daemon/process.js';
import { createLab } from '../lab/index.js';
import type { Lab } from '../lab/index.js';
import { proxyWith } from '../proxy/kernel.js';
import { runOnKernel } from '../scenarios/kernel.js';
import { loadScenario, scenarioFolder } from '../scenarios/load.js';
import { kubeProxyTable } from '../takeover/kube-proxy.js';
import { manifests, services, targets } from '../takeover/services.js';
import { startTraffic } from '../takeover/traffic.js';
import { openImage } from './image.js';
import type { Image, ImageUser } from './image.js';

let image: Image;
beforeAll(async () => {
  image = await openImage();
}, 600_000);
afterAll(() => image.close());

let lab: Lab | undefined;
let folder: string | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
  if (folder !== undefined) await rm(folder, { recursive: true });
  folder = undefined;
});

async function filesOf(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length))
    .filter((path) => !path.startsWith('/app/'))
    .toSorted();
}

describe('what is in the image', () => {
  it('is the programs, their libraries and licences, and no shell', async () => {
    const files = await filesOf(image.root);
    expect(files.filter((path) => path.includes('/bin/') || path.includes('/sbin/'))).toEqual([
      '/bin/ip',
      '/usr/bin/socat',
      '/usr/local/bin/kube-proxy',
      '/usr/local/bin/nftproxier',
      '/usr/local/bin/node',
      '/usr/sbin/conntrack',
      '/usr/sbin/nft',
    ]);
    const others = files.filter(
      (path) => !/^\/(?:lib(?:64)?\/[^/]+\.so(?:\.\d+)*|usr\/share\/doc\/[^/]+\/copyright)$/u.test(path),
    );
    expect(others.filter((path) => !path.includes('bin/'))).toEqual(['/etc/group', '/etc/passwd', '/etc/protocols']);
  });

  it('is what the Dockerfile puts there, too: both read one list', async () => {
    const dockerfile = await readFile(new URL('../../deploy/image/Dockerfile', import.meta.url), 'utf8');
    expect(dockerfile).toContain('node scripts/image/assemble.mjs / /image');
    expect(dockerfile).toContain('require("./deploy/image/contents.json").packages.join(" ")');
    expect(dockerfile).toMatch(/^FROM scratch\nCOPY --from=root \/image \/\nCOPY --from=daemon \/app \/app$/mu);
  });
});

const users: readonly (readonly [string, ImageUser])[] = [
  ['root without its privileges, as in the DaemonSet', 0],
  ['an unprivileged user with NET_ADMIN', 65_532],
];

describe.each(users)('as %s', (_, user) => {
  it(
    'the daemon takes over from kube-proxy, serves and goes, and is refused nothing',
    { timeout: 240_000 },
    async () => {
      const start = (...args: readonly string[]) =>
        startDaemon(node.namespace('node-a'), args, { command: (all) => image.launch(user, all) });
      const families = ['IPv4', 'IPv6'] as const;
      const node = (lab = await createLab());
      folder = await mkdtemp(join(tmpdir(), 'nftproxier-'));
      await writeFile(join(folder, 'objects.json'), JSON.stringify(manifests(families)));
      const endpoints = [...new Set(services(families).flatMap((service) => service.endpoints))];
      await node.serve(
        endpoints.flatMap((address) =>
          (['TCP', 'UDP'] as const).map((protocol) => ({ address, port: 8080, protocol })),
        ),
      );
      await node.nft(families.map((family) => kubeProxyTable(family, services(families))).join(''));

      const daemon = start('--manifests', folder, ...labFlags);
      await daemon.says('what="table ip6 kube-proxy"');
      await daemon.says('what other programs do to the rules is noticed at once');
      const status = await readFile(`/proc/${String(daemon.pid)}/status`, 'utf8');
      const held = [...status.matchAll(/^(?:Cap(?:Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Uid):\t(\S+)/gmu)].map(
        ([, value]) => value,
      );
      expect(held).toEqual([String(user), ...Array.from({ length: 5 }, () => '0000000000001000'), '1']);

      const traffic = await startTraffic(node, targets(families));
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      const { broken, connections, lostDatagrams } = await traffic.stop();
      expect({ broken, lostDatagrams }).toEqual({ broken: [], lostDatagrams: [] });
      for (const { attempted, failures } of connections) {
        expect(attempted).toBeGreaterThan(20);
        expect(failures).toEqual({});
      }
      expect(await daemon.stop()).toBe(0);
      expect(daemon.log()).not.toMatch(/EPERM|EACCES|EROFS|not permitted|denied|[Rr]ead-only|not cleaned/u);

      const cleanup = start('cleanup', '--kube-proxy');
      expect(await cleanup.ended).toBe(0);
      expect((await node.exec('node-a', ['nft', 'list', 'tables'])).stdout).toBe('');
      expect(await image.refusals()).toEqual([]);
    },
  );
});

it.each(['policies/both-cluster.yaml', 'affinity/sticks.yaml'])(
  "the image's nft loads what %s asks for, and packets go there",
  { timeout: 240_000 },
  async (file) => {
    const node = (lab = await createLab());
    const nft = (prefix: readonly string[]) => {
      const words = [...prefix, ...image.nft(65_532)];
      return createNft({ prefix: words.slice(0, -1), command: words.at(-1) ?? '' });
    };
    expect(await runOnKernel(loadScenario(scenarioFolder, file), node, proxyWith(nft))).toEqual([]);
  },
);

it('without NET_ADMIN nft says what is missing: the test sees what is not permitted', async () => {
  const node = (lab = await createLab());
  const { stdout, stderr } = await node.exec(
    'node-a',
    [
      'capsh',
      '--drop=cap_net_admin',
      `--chroot=${image.root}`,
      '--shell=/usr/sbin/nft',
      '--',
      'add',
      'table',
      'inet',
      'x',
    ],
    { allowFailure: true },
  );
  expect(stdout + stderr).toContain('Operation not permitted');
});
