import { nodeView, Planner } from '@nftproxier/core';
import { randomWorld } from '@nftproxier/core/testing';
import type { Random, WorldSize } from '@nftproxier/core/testing';

/** The node that random worlds are planned for. */
export const here = nodeView('here', { zone: 'east', addresses: ['192.0.2.7', '2001:db8:1::7'] });

/** A planner that knows a random world. */
export function newPlanner(random: Random, size: WorldSize): Planner {
  const planner = new Planner(here);
  const { services, slices } = randomWorld(random, size);
  planner.replaceServices(services);
  planner.replaceEndpointSlices(slices);
  return planner;
}
