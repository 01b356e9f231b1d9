import { nodeView, Planner } from '@nftproxier/core';
import type { PlanChange } from '@nftproxier/core';
import type { Example } from './services.js';

/** The plans of examples on the node `here`. */
export function changesOf(...examples: readonly Example[]): readonly PlanChange[] {
  const planner = new Planner(nodeView('here', { addresses: ['192.0.2.7', '2001:db8:2::7'] }));
  planner.replaceServices(examples.map(({ service }) => service));
  planner.replaceEndpointSlices(examples.flatMap(({ slices }) => slices));
  return planner.takeChanges();
}
