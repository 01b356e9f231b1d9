import { nodeView } from '@nftproxier/core';
import type { ServiceKey, ServicePlan } from '@nftproxier/core';
import { prepareTable } from '@nftproxier/nft';
import type { DumpLine, DumpStart } from '../status/plans.js';
import { DaemonError, linesOfDaemon } from './debug-client.js';
import type { DesiredNode } from './desired.js';
import type { Progress } from './progress.js';

/**
 * A node as the daemon that runs on it serves it, in the form of one that manifests describe.
 *
 * @param query which Services are wanted, as in the query of `/plans`; empty for all.
 * @throws {@link DaemonError} if there is no daemon, it has loaded nothing yet, or it stops in the middle.
 */
export async function servedByDaemon(
  address: string,
  query: Readonly<Record<string, string>>,
  progress?: Progress,
): Promise<DesiredNode> {
  const plans = new Map<ServiceKey, ServicePlan>();
  let start: DumpStart | undefined;
  let isComplete = false;
  for await (const read of linesOfDaemon(address, `/plans?${new URLSearchParams(query).toString()}`)) {
    const line = read as DumpLine;
    if (line.kind === 'node') start = line;
    else if (line.kind === 'service') plans.set(line.plan.service, line.plan);
    else isComplete = true;
    if (plans.size % 500 === 1) progress?.(`reading Services of the daemon: ${String(plans.size)}`);
  }
  progress?.(undefined);
  if (start === undefined || !isComplete)
    throw new DaemonError(`nftproxier at ${address} stopped in the middle of its answer`);
  if (start.table === undefined) throw new DaemonError(`nftproxier at ${address} has not loaded its table yet`);
  return nodeFrom(start, plans);
}

function nodeFrom(start: DumpStart, plans: ReadonlyMap<ServiceKey, ServicePlan>): DesiredNode {
  const { node: name, settings, network, nodeAddresses, localAddresses, podCIDRs } = start;
  const addresses = [...new Set([...nodeAddresses, ...localAddresses])].map((address) => ({
    address,
    type: 'InternalIP',
  }));
  return {
    name,
    directory: undefined,
    cluster: {
      planner: { plans, orphans: new Map(), distributionOf: () => undefined },
      node: { metadata: { name }, spec: { podCIDRs }, status: { addresses } },
    },
    wishes: {
      view: nodeView(name, { families: settings.families, addresses: nodeAddresses }),
      settings,
      network,
      warnings: [],
      problem: undefined,
    },
    ...prepareTable({ settings, network, plans: plans.values() }),
  };
}
