import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Loader, createLoadTarget, createNft } from '@nftproxier/nft';
import type { Nft } from '@nftproxier/nft';
import { check } from '../../packages/daemon/src/commands/check.js';
import type { CheckOptions } from '../../packages/daemon/src/commands/check.js';
import { configurationFrom } from '../../packages/daemon/src/commands/configuration.js';
import { desiredFromManifests } from '../../packages/daemon/src/commands/desired.js';

const shop = fileURLToPath(new URL('../../examples/shop', import.meta.url));
const flags = ['--manifests', shop, '--hostname-override', 'node-a', '--cluster-cidr', '10.244.0.0/16'];
const counters = ['--counters', 'endpoints'];
const netns = `check-${String(process.pid)}-${randomBytes(3).toString('hex')}`;
const nft = createNft({ netns });
let loader: Loader;

beforeAll(() => {
  execFileSync('ip', ['netns', 'add', netns]);
});

afterAll(() => {
  execFileSync('ip', ['netns', 'del', netns]);
});

beforeEach(async () => {
  loader = new Loader(createLoadTarget(nft));
  await loader.remove();
});

interface Run {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

async function run(argv: readonly string[], options: CheckOptions = { output: 'text' }, by: Nft = nft): Promise<Run> {
  let [out, err] = ['', ''];
  const output = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
  const code = await check(argv, options, output, by);
  return { out, err, code };
}

async function load(argv: readonly string[]): Promise<void> {
  const { configuration } = configurationFrom(argv, { out: () => undefined, err: () => undefined })!;
  const { wishes, cluster } = await desiredFromManifests(shop, configuration, release());
  const { settings, network } = wishes;
  await loader.replace({ settings, network, plans: cluster.planner.plans.values() });
}

describe('nftproxier check', () => {
  it.each([
    ['', flags],
    [', with counters', [...flags, ...counters]],
  ])('agrees with a table as it was loaded, in either name%s', async (_, argv) => {
    for (const name of ['nftproxier', 'nftproxier-2']) {
      await load(argv);
      const { out, err, code } = await run(argv);
      expect({ err, code }).toEqual({ err: '', code: 0 });
      expect(out).toMatch(new RegExp(`^in agreement: [1-9]\\d* elements in \\d+ sets, \\d+ chains, table ${name}\n$`));
    }
  });

  it('names what somebody else deleted or added', async () => {
    await load(flags);
    const { out: agreed } = await run(flags, { output: 'json' });
    expect(JSON.parse(agreed)).toMatchObject({ table: 'nftproxier', total: 0, discrepancies: [] });
    await nft.run(
      [
        'delete element inet nftproxier cluster-ips4 { 10.96.0.10 }',
        'add element inet nftproxier cluster-ips4 { 10.96.99.99 }',
        'flush chain inet nftproxier firewall',
        '',
      ].join('\n'),
    );
    const { out, code } = await run(flags);
    expect(code).toBe(3);
    expect(out.split('\n')).toEqual([
      '4 differences in table nftproxier',
      'missing chain firewall (2 rules)',
      'unexpected chain firewall (0 rules)',
      'missing in set cluster-ips4: 10.96.0.10',
      'unexpected in set cluster-ips4: 10.96.99.99',
      '',
    ]);
    const json = await run(flags, { output: 'json' });
    expect(json.code).toBe(3);
    expect(JSON.parse(json.out)).toMatchObject({ table: 'nftproxier', total: 4 });
  });

  it('says what it is at, to whom watches', async () => {
    await load(flags);
    const shown: (string | undefined)[] = [];
    const output = {
      out: () => undefined,
      err: () => undefined,
      progress: (what: string | undefined) => void shown.push(what),
    };
    expect(await check(flags, { output: 'text' }, output, nft)).toBe(0);
    expect(shown[0]).toBe('reading the table');
    expect(shown[1]).toMatch(/^reading (set|map) 1 of [1-9]\d*: [a-z]/);
    expect(shown.at(-1)).toBeUndefined();
  });

  it('finds other settings than those that were loaded', async () => {
    await load(flags);
    expect(await run([...flags, ...counters])).toMatchObject({ code: 3, err: '' });
  });

  it('says what keeps it from comparing', async () => {
    const none = await run(flags);
    expect(none).toMatchObject({ out: '', code: 1 });
    expect(none.err).toContain('no table of nftproxier');
    const missing = await run(flags, { output: 'text' }, createNft({ command: 'no-such-nft' }));
    expect(missing).toMatchObject({ out: '', code: 1 });
    expect(missing.err).toContain('install nftables');
    const daemon = await run([], { output: 'text', address: '127.0.0.1:1' });
    expect(daemon).toMatchObject({ out: '', code: 1 });
    expect(await run([])).toMatchObject({ out: '', code: 2 });
  });
});
