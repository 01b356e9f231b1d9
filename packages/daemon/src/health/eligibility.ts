import type { Node } from '@nftproxier/core';

/** The taint by which the cluster autoscaler announces that it will remove a node. */
const removalTaint = 'ToBeDeletedByClusterAutoscaler';

/**
 * Whether load balancers should send new connections to this node: it is known, not being deleted, and the cluster
 * autoscaler is not about to remove it.
 */
export const isEligible = (node: Node | undefined): boolean =>
  node !== undefined &&
  node.metadata?.deletionTimestamp === undefined &&
  !(node.spec?.taints ?? []).some(({ key }) => key === removalTaint);
