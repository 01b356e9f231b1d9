import type { ServiceKey } from '@nftproxier/core';
import type { Element, Operation, Rule } from '../syntax/index.js';
import type { PlacedElement } from '../ruleset/parts.js';
import { leadsTo, sharedChainName, sharedChainRules } from '../ruleset/pick.js';
import type { SharedChain } from '../ruleset/pick.js';
import type { TableSettings } from '../ruleset/settings.js';
import { append } from './service.js';
import type { ElementsBySet, ServiceDelta } from './service.js';

/** A service's delta, and whose it is. */
export interface OwnedDelta {
  readonly owner: ServiceKey;
  readonly delta: ServiceDelta;
}

/** Shared elements whose last user went, or whose first one came. */
export interface SharedElementChanges {
  readonly remove: readonly PlacedElement[];
  readonly add: readonly PlacedElement[];
}

/**
 * The steps that carry out deltas, in an order the kernel accepts in one transaction: what is referred to is made before
 * what refers to it; elements go before elements with the same key come, also from one service to another; sets go last.
 *
 * @param grouped one step per set instead of one per set and service: a third faster to load, but a refusal cannot be
 *   laid at one service's door.
 */
export function operationsOf(
  deltas: readonly OwnedDelta[],
  shared: SharedElementChanges,
  newChains: readonly SharedChain[],
  settings: TableSettings,
  grouped: boolean,
): readonly Operation[] {
  const perService = (make: (delta: ServiceDelta) => readonly Operation[]): readonly Operation[] =>
    deltas.flatMap(({ owner, delta }) => make(delta).map((operation) => ({ ...operation, owner })));
  const elements = (op: 'add-elements' | 'delete-elements', of: 'add' | 'remove'): readonly Operation[] =>
    grouped ? steps(op, merged(deltas.map(({ delta }) => delta[of]))) : perService((delta) => steps(op, delta[of]));

  return [
    ...newChains.map((chain): Operation => ({ op: 'add-chain', chain: { name: sharedChainName(chain) } })),
    ...newChains.flatMap((chain) => rulesOf(sharedChainName(chain), sharedChainRules(chain, settings))),
    ...perService(({ addSets }) => addSets.map((set) => ({ op: 'add-set', set }))),
    ...perService(({ addChains }) => addChains.map(({ name }) => ({ op: 'add-chain', chain: { name } }))),
    ...elements('delete-elements', 'remove'),
    ...steps('delete-elements', bySet(shared.remove)),
    ...perService(({ changeChains, deleteChains }) =>
      [...changeChains.map(({ name }) => name), ...deleteChains].map((chain) => ({ op: 'flush-chain', chain })),
    ),
    ...perService(({ addChains, changeChains }) =>
      [...addChains, ...changeChains].flatMap(({ name, rules }) => rulesOf(name, rules)),
    ),
    ...steps('add-elements', bySet(shared.add)),
    ...elements('add-elements', 'add'),
    ...perService(({ deleteSets }) => deleteSets.map((set) => ({ op: 'delete-set', set }))),
  ];
}

/** The shared chains that are not in the table yet, with those they lead to, the latter first. */
export function missingChains(wanted: readonly SharedChain[], present: ReadonlySet<string>): readonly SharedChain[] {
  const missing = new Map<string, SharedChain>();
  const visit = (chain: SharedChain): void => {
    const name = sharedChainName(chain);
    if (present.has(name) || missing.has(name)) return;
    for (const next of leadsTo(chain)) visit(next);
    missing.set(name, chain);
  };
  for (const chain of wanted) visit(chain);
  return [...missing.values()];
}

function rulesOf(chain: string, rules: readonly Rule[]): readonly Operation[] {
  return rules.map((rule) => ({ op: 'add-rule', chain, rule }));
}

function steps(op: 'add-elements' | 'delete-elements', elements: ReadonlyMap<string, readonly Element[]>): Operation[] {
  return [...elements].map(([set, of]) => ({ op, set, elements: of }));
}

function bySet(placed: readonly PlacedElement[]): ElementsBySet {
  const elements: ElementsBySet = new Map();
  for (const { set, element } of placed) append(elements, set, element);
  return elements;
}

function merged(all: readonly ElementsBySet[]): ElementsBySet {
  const elements: ElementsBySet = new Map();
  for (const one of all) {
    for (const [set, of] of one) for (const element of of) append(elements, set, element);
  }
  return elements;
}
