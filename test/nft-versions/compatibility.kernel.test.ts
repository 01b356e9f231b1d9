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

/** What is written, read and driven: every kind of frontend, both families, affinity, source ranges, hairpin, hashes. */
const files = [
  'policies/both-cluster.yaml',
  'policies/external-local.yaml',
  'policies/hairpin.yaml',
  'affinity/sticks.yaml',
  'balancing/weighted.yaml',
  'balancing/source-hash.yaml',
  'balancing/maglev.yaml',
  'balancing/affinity.yaml',
];

/** The first of these has counters, too. */
const counted = 'balancing/weighted.yaml';

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

/** What all counters of the table in service have counted together. */
async function connectionsCounted(nft: Nft): Promise<number> {
  const target = createLoadTarget(nft);
  const sets = (await target.listSets('nftproxier')).filter((name) =>
    /^(nodeport-|endpoint-)?connections[46]/.test(name),
  );
  expect(sets).not.toEqual([]);
  let sum = 0;
  for (const set of sets) {
    for (const { packets = 0 } of await target.listElements('nftproxier', set)) sum += packets;
  }
  return sum;
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
        const counters = scenario.file === counted ? 'endpoints' : 'off';
        const start = proxyWith((prefix) => nftOf(versions.get(writer)?.words ?? [], prefix), counters);
        expect(await runOnKernel(scenario, lab, start)).toEqual([]);
        for (const reader of names) {
          const { nftables } = (await onNode(reader).list(['ruleset'])) as { readonly nftables: readonly object[] };
          expect(nftables.filter((object) => 'rule' in object).length).toBeGreaterThan(30);
          await lab.exec('node-a', [...(versions.get(reader)?.words ?? []), 'list', 'ruleset']);
        }
        if (counters === 'off') continue;
        const counts = await Promise.all(names.map((reader) => connectionsCounted(onNode(reader))));
        // Of the last step's Service, by its frontends and again by its endpoints.
        expect(counts).toEqual(names.map(() => counts[0]));
        expect(counts[0]).toBeGreaterThan(0);
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
