import { Loader } from '@nftproxier/nft';
import { FakeNft, createFakeLoadTarget } from '@nftproxier/nft/testing';
import { Syncer } from '../../packages/daemon/src/sync/syncer.js';
import { nodeAddresses } from '../scenarios/tracing.js';
import type { TracedProxy } from '../scenarios/tracing.js';
import { ScenarioCluster } from './world.js';

/** The daemon's own parts on the fake instead of the kernel. */
export function startTracedProxy(): TracedProxy {
  const fake = new FakeNft();
  const loader = new Loader(createFakeLoadTarget(fake));
  let cluster: ScenarioCluster | undefined;
  let syncer: Syncer | undefined;
  let localAddresses: readonly string[] = nodeAddresses;
  return {
    ruleset: fake,
    get localAddresses() {
      return localAddresses;
    },
    async apply(world) {
      localAddresses = [...nodeAddresses, ...world.node.extraAddresses];
      if (cluster === undefined) cluster = new ScenarioCluster(world);
      else cluster.apply(world);
      const known = cluster;
      syncer ??= new Syncer({
        cluster: known.state,
        loader,
        required: ['Service', 'EndpointSlice'],
        wishes: () => known.wishes,
        onDiagnostic: () => undefined,
      });
      const report = await syncer.sync();
      const [refused] = report?.applied.refused ?? [];
      if (refused !== undefined) throw refused.error;
    },
  };
}
