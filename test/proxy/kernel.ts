import {
  Loader,
  cleanFlows,
  createConntrack,
  createLoadTarget,
  createNft,
  expectationsOf,
  expectationsOfAll,
} from '@nftproxier/nft';
import type { Counters, Nft } from '@nftproxier/nft';
import { Syncer } from '../../packages/daemon/src/sync/syncer.js';
import type { StartProxy } from '../scenarios/kernel.js';
import { ScenarioCluster } from './world.js';

/**
 * The daemon's own parts on node-a of a lab, in this process: cluster, planner, loader and a real nft.
 *
 * @param open an nft that runs behind the given words, which put it into the node's namespace.
 * @param counters what is counted.
 */
export function proxyWith(open: (prefix: readonly string[]) => Nft, counters: Counters = 'off'): StartProxy {
  return (lab, first) => {
    const cluster = new ScenarioCluster(first);
    const syncer = new Syncer({
      cluster: cluster.state,
      loader: new Loader(createLoadTarget(open(lab.namespace('node-a').prefix))),
      required: ['Service', 'EndpointSlice'],
      wishes: () => ({ ...cluster.wishes, settings: { ...cluster.wishes.settings, counters } }),
      onDiagnostic: () => undefined,
    });
    const conntrack = createConntrack({ prefix: lab.namespace('node-a').prefix });
    let isFirst = true;
    return Promise.resolve({
      async apply(world) {
        cluster.apply(world);
        const report = await syncer.sync();
        const plans = cluster.state.planner.plans.values();
        const expectations = isFirst
          ? expectationsOfAll(plans, cluster.wishes.network.serviceCIDRs)
          : expectationsOf(report?.changes ?? []);
        isFirst = false;
        await cleanFlows(conntrack, expectations, {
          isNodePortAddress: cluster.isNodePortAddress,
          now: () => performance.now(),
        });
        const [refused] = report?.applied.refused ?? [];
        if (refused !== undefined) throw refused.error;
      },
      close: () => Promise.resolve(),
    });
  };
}

/** A proxy with the host's nft. */
export const startProxy: StartProxy = proxyWith((prefix) => createNft({ prefix }));
