import { slotOfClient, slotsOf } from '../balance/index.js';
import type { Client } from '../balance/index.js';
import type { Backend, Frontend, Outcome, ServicePortPlan } from './plan.js';

/** Where a client is, as outcomes tell them apart. */
export type ClientOrigin = keyof Outcome;

/** What becomes of a client's new connection, as far as it can be known beforehand. */
export type Prediction =
  /** It goes to this backend. */
  | {
      readonly kind: 'backend';
      readonly backend: Backend;
      /** Which of `slots` the client's hash gives. */
      readonly slot: number;
      /** How many slots there are. */
      readonly slots: number;
    }
  /** It goes to one of these, which is left to chance, or to a source port that was not told. */
  | { readonly kind: 'any'; readonly backends: readonly Backend[] }
  | { readonly kind: 'reject' | 'drop' };

/**
 * Which backend gets a new connection of a client to a frontend. Known beforehand where the algorithm is `source-hash` or
 * `maglev`, or there is but one backend; the answer is then the kernel's. With session affinity it holds for clients that
 * are not remembered: the others go where they went before.
 *
 * @param port the plan that the frontend belongs to.
 * @param client its address is the one that packets have when they reach the node.
 */
export function whichEndpoint(
  port: ServicePortPlan,
  frontend: Frontend,
  client: Client,
  origin: ClientOrigin = 'outside',
): Prediction {
  const decision = frontend.outcome[origin];
  if (decision.kind !== 'balance') return { kind: decision.kind };
  const { algorithm } = port;
  const slots = slotsOf(port[decision.over], algorithm);
  if (slots.length > 1 && (algorithm.kind === 'random' || algorithm.kind === 'weighted')) return anyOf(slots);
  const slot = slots.length > 1 && 'hashKey' in algorithm ? slotOfClient(client, algorithm, slots.length) : 0;
  const backend = slot === undefined ? undefined : slots[slot];
  return slot === undefined || backend === undefined
    ? anyOf(slots)
    : { kind: 'backend', backend, slot, slots: slots.length };
}

function anyOf(slots: readonly Backend[]): Prediction {
  return { kind: 'any', backends: [...new Set(slots)] };
}
