import { createNft, Loader, createLoadTarget } from '@nftproxier/nft';
import type { Nft } from '@nftproxier/nft';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab } from '../lab/index.js';
import type { Lab } from '../lab/index.js';
import { runOnKernel } from '../scenarios/kernel.js';
import { loadScenario, scenarioFolder } from '../scenarios/load.js';
import { proxyWith } from '../proxy/kernel.js';
import { ScenarioCluster } from '../proxy/world.js';
import { unpackNft } from './unpack.js';

/** What is written, read and driven: every kind of frontend, both families, affinity, source ranges, hairpin. */
const files = [
  'policies/both-cluster.yaml',
  'policies/external-local.yaml',
  'policies/hairpin.yaml',
  'affinity/sticks.yaml',
];

let lab: Lab;
const versions = new Map<string, { readonly words: readonly string[]; readonly version: string }>();

beforeAll(async () => {
  lab = await createLab();
  versions.set("the host's", { words: ['nft'], version: await createNft().version() });
  for (const suite of ['trixie', 'sid']) {
    const { command } = await unpackNft(suite);
    versions.set(suite, { words: command, version: await nftOf(command, []).version() });
  }
}, 600_000);
afterAll(() => lab.close());

function nftOf(words: readonly string[], prefix: readonly string[]): Nft {
  return createNft({ prefix: [...prefix, ...words.slice(0, -1)], command: words.at(-1) ?? 'nft' });
}

const onNode = (name: string): Nft => nftOf(versions.get(name)?.words ?? [], lab.namespace('node-a').prefix);

describe('other versions of nft', () => {
  const names = ["the host's", 'trixie', 'sid'];

  it('are the ones meant', () => {
    const found = [...versions.values()].map(({ version }) => /v(\d+\.\d+\.\d+)/.exec(version)?.[1]);
    console.log(`nft versions: ${found.join(', ')}`);
    expect(new Set(found).size).toBe(3);
  });

  for (const writer of names) {
    it(`what ${writer} nft wrote, every other reads and extends`, async () => {
      await lab.nft('flush ruleset');
      const scenarios = files.map((file) => loadScenario(scenarioFolder, file));
      const [first] = scenarios;
      const world = first?.steps[0]?.world;
      if (world === undefined) throw new Error('no scenario');
      for (const scenario of scenarios) {
        const start = proxyWith((prefix) => nftOf(versions.get(writer)?.words ?? [], prefix));
        expect(await runOnKernel(scenario, lab, start)).toEqual([]);
        for (const reader of names) {
          const { nftables } = (await onNode(reader).list(['ruleset'])) as { readonly nftables: readonly object[] };
          expect(nftables.filter((object) => 'rule' in object).length).toBeGreaterThan(30);
          await lab.exec('node-a', [...(versions.get(reader)?.words ?? []), 'list', 'ruleset']);
        }
      }
      // A process with another nft takes over what this one left: an upgrade, and a downgrade.
      const cluster = new ScenarioCluster(world);
      cluster.state.planner.takeChanges();
      for (const next of names) {
        const loader = new Loader(createLoadTarget(onNode(next)));
        const plans = cluster.state.planner.plans.values();
        await loader.replace({ ...cluster.wishes, plans });
        const counts = loader.model?.counts;
        expect(counts?.services).toBe(cluster.state.planner.plans.size);
      }
    });
  }
});
