import { Loader, createLoadTarget, createNft } from '@nftproxier/nft';
import { Syncer } from '../../packages/daemon/src/sync/syncer.js';
import type { StartProxy } from '../scenarios/kernel.js';
import { ScenarioCluster } from './world.js';

/** The daemon's own parts on node-a of a lab, in this process: cluster, planner, loader and the real nft. */
export const startProxy: StartProxy = (lab, first) => {
  const cluster = new ScenarioCluster(first);
  const nft = createNft({ prefix: lab.namespace('node-a').prefix });
  const syncer = new Syncer({
    cluster: cluster.state,
    loader: new Loader(createLoadTarget(nft)),
    required: ['Service', 'EndpointSlice'],
    wishes: () => cluster.wishes,
    onDiagnostic: () => undefined,
  });
  return Promise.resolve({
    async apply(world) {
      cluster.apply(world);
      const report = await syncer.sync();
      const [refused] = report?.applied.refused ?? [];
      if (refused !== undefined) throw refused.error;
    },
    close: () => Promise.resolve(),
  });
};
