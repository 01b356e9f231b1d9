import { hostname } from 'node:os';
import { families } from '@nftproxier/core';
import type { Node, Planner } from '@nftproxier/core';
import { prepareTable } from '@nftproxier/nft';
import type { TableModel, Transaction } from '@nftproxier/nft';
import type { Configuration } from '../config/index.js';
import { addressesOfNode, nodeName } from '../host/index.js';
import { readManifests } from '../sources/manifests/directory.js';
import type { Batch } from '../sources/source.js';
import { ClusterState } from '../sync/cluster.js';
import { wishesOf } from '../sync/wishes.js';
import type { Wishes } from '../sync/wishes.js';

/** A node as manifests describe it, and what it should hold: computed without a kernel, a cluster or root. */
export interface DesiredNode {
  readonly name: string;
  /** Where its manifests are; undefined where a daemon told of it. */
  readonly directory: string | undefined;
  readonly cluster: {
    readonly planner: Pick<Planner, 'plans' | 'orphans' | 'distributionOf'>;
    readonly node: Node | undefined;
  };
  readonly wishes: Wishes;
  readonly model: TableModel;
  /** The whole table as one transaction that replaces what is there. */
  readonly transaction: Transaction;
}

/**
 * Reads a directory of manifests and works out the table of one node: that of `--hostname-override`, else the only Node
 * in the manifests, else the one with this machine's name.
 *
 * @param kernel the release of the kernel that holds the table; undefined for rules that are right on any.
 * @throws {@link ManifestError} if a manifest cannot be read.
 */
export async function desiredFromManifests(
  directory: string,
  configuration: Configuration,
  kernel: string | undefined,
): Promise<DesiredNode> {
  const batches = (await readManifests(directory)).snapshot();
  const name = nameFrom(configuration, batches);
  const state = (cluster: ClusterState | undefined): Wishes => {
    const node = cluster?.node;
    const serviceCIDRs = cluster?.serviceCIDRs ?? [];
    // The Node object's addresses stand for the machine's: rendering must not depend on where it is done.
    return wishesOf(configuration, {
      nodeName: name,
      node,
      families,
      localAddresses: addressesOfNode(node),
      serviceCIDRs,
      kernel,
    });
  };
  const cluster = new ClusterState(state(undefined).view);
  for (const batch of batches) cluster.apply(batch);
  const wishes = state(cluster);
  cluster.planner.setNode(wishes.view);
  cluster.planner.takeChanges();

  const { settings, network } = wishes;
  return {
    name,
    directory,
    cluster,
    wishes,
    ...prepareTable({ settings, network, plans: cluster.planner.plans.values() }),
  };
}

function nameFrom(configuration: Configuration, batches: readonly Batch[]): string {
  const nodes = batches.flatMap((batch) => (batch.kind === 'Node' && batch.type === 'replace' ? batch.objects : []));
  const [only] = nodes;
  const given = configuration.hostnameOverride;
  if (given === '' && nodes.length === 1 && only !== undefined) return (only as Node).metadata?.name ?? '';
  return nodeName(given, hostname());
}
