import { baseChains, skeletonChains, skeletonSets } from '../ruleset/skeleton.js';
import { layoutChain } from '../load/tables.js';
import type { ListedStructure } from '../run/index.js';
import type { Chain } from '../syntax/index.js';
import type { TableModel } from '../table/model.js';
import type { Discrepancy } from './discrepancy.js';
import { auditSets, isHarmless, listedAs } from './objects.js';

/** A chain as it should be; how many rules, where that is known of it. */
interface DesiredChain {
  readonly base?: Chain['base'];
  readonly rules?: number;
}

/**
 * Remembers the rules of chains that never change while their table lives, as nft printed them when they were first seen:
 * nft prints rules otherwise than they were written, but always in the same way.
 */
export class RuleMemory {
  readonly #rules = new Map<string, string>();

  /** Forgets everything: the table is another one. */
  clear(): void {
    this.#rules.clear();
  }

  /** Whether the rules of a chain are those that were seen first. */
  isSame(chain: string, rules: readonly string[]): boolean {
    const text = rules.join('\n');
    const known = this.#rules.get(chain);
    if (known === undefined) this.#rules.set(chain, text);
    return known === undefined || known === text;
  }
}

/** What differs between the chains, rules, sets and maps of a table and what its model says. */
export function auditStructure(kernel: ListedStructure, model: TableModel, memory: RuleMemory): readonly Discrepancy[] {
  const { chains, sets } = desiredStructure(model);
  const found: Discrepancy[] = [];
  const missing = new Map(chains);
  for (const chain of kernel.chains) {
    const { name, rules, base } = chain;
    const wanted = missing.get(name);
    missing.delete(name);
    if (wanted === undefined) {
      if (!isHarmless({ ...chain, rules: rules.length })) found.push({ kind: 'unexpected', object: 'chain', name });
      continue;
    }
    const isPlaced = placeOf(base) === placeOf(wanted.base);
    const isComplete = wanted.rules === undefined || wanted.rules === rules.length;
    const isFixed = !name.includes('/');
    if (isPlaced && isComplete && (!isFixed || memory.isSame(name, rules))) continue;
    const detail = isPlaced ? 'its rules' : 'where it is called';
    found.push({ kind: 'unexpected', object: 'chain', name, detail });
  }
  for (const name of missing.keys()) found.push({ kind: 'missing', object: 'chain', name });
  return [...found, ...auditSets(kernel.sets, sets)];
}

function desiredStructure(model: TableModel): {
  readonly chains: ReadonlyMap<string, DesiredChain>;
  readonly sets: ListedStructure['sets'];
} {
  const { settings } = model;
  const own = [...model.services()].flatMap((service) =>
    model.planOf(service)?.ports.some(({ affinity }) => affinity !== undefined) === true
      ? model.contributionsOf(service)
      : [],
  );
  const filled = [...skeletonChains(settings), ...baseChains(settings)];
  const chains: [string, DesiredChain][] = [
    ...filled.map(({ chain, rules }): [string, DesiredChain] => [
      chain.name,
      { ...(chain.base && { base: chain.base }), rules: rules.length },
    ]),
    [layoutChain, { rules: 0 }],
    ...[...model.sharedChains].map((name): [string, DesiredChain] => [name, {}]),
    ...own.flatMap(({ ownChains }) =>
      ownChains.map(({ name, rules }): [string, DesiredChain] => [name, { rules: rules.length }]),
    ),
  ];
  const declared = [...skeletonSets(settings), ...own.flatMap(({ ownSets }) => ownSets)];
  return { chains: new Map(chains), sets: declared.map(listedAs) };
}

function placeOf(base: Chain['base']): string {
  return base === undefined ? '' : `${base.type} ${base.hook} ${String(base.priority)}`;
}
