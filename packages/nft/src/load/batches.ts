import { slotCountOf } from '@nftproxier/core';
import type { PlanChange, ServicePlan } from '@nftproxier/core';

/** Elements per transaction of a first load: nft then stays near 30 MB whatever the size of the cluster. */
export const elementsPerBatch = 10_000;

/** Plans in portions of about `size` elements, at least one plan each. */
export function* batchesOf(
  plans: Iterable<ServicePlan>,
  size: number = elementsPerBatch,
): Generator<PlanChange[], undefined> {
  let batch: PlanChange[] = [];
  let elements = 0;
  for (const plan of plans) {
    batch.push({ service: plan.service, plan });
    elements += elementsOf(plan);
    if (elements < size) continue;
    yield batch;
    batch = [];
    elements = 0;
  }
  if (batch.length > 0) yield batch;
}

/** A set with a chain and its rules costs nft and the kernel about as much as this many elements. */
const elementsPerSet = 50;

/** About how many elements a plan becomes, or costs as much as. */
function elementsOf(plan: ServicePlan): number {
  return plan.ports.reduce((sum, { frontends, cluster, local, algorithm, affinity }) => {
    const slots = slotCountOf(cluster, algorithm) + slotCountOf(local, algorithm);
    const sets = affinity === undefined ? 0 : (cluster.length + local.length) * elementsPerSet;
    return sum + 1 + (affinity === undefined ? frontends.length * (1 + slots) : sets + slots);
  }, 0);
}
