import type { TableState } from '../fake/index.js';
import { layoutChain } from '../load/tables.js';
import { isAffinityName } from '../ruleset/affinity.js';
import { isSharedChainName } from '../ruleset/pick.js';
import type { ListedTable } from '../run/index.js';
import type { SetDeclaration } from '../syntax/index.js';
import type { Discrepancy } from './discrepancy.js';

/**
 * Compares a table's chains, by where netfilter calls them and by how many rules they have, and which sets and maps there
 * are. Chains that services share are kept when nobody needs them, and those of session affinity stay for a moment, empty:
 * no element leads to them, so both are as good as not there.
 */
export function auditObjects(kernel: ListedTable, desired: TableState): readonly Discrepancy[] {
  const wanted = [...desired.sets.values()].map(({ declaration }) => listedAs(declaration));
  return [...auditChains(kernel, desired), ...auditSets(kernel.sets, wanted)];
}

function auditChains({ chains }: ListedTable, desired: TableState): readonly Discrepancy[] {
  const present = new Map(chains.map((chain) => [chain.name, chain]));
  const unmet = [...desired.chains.values()].flatMap(({ chain: { name, base }, rules }): readonly Discrepancy[] => {
    const found = present.get(name);
    if (found === undefined) return [{ kind: 'missing', object: 'chain', name }];
    const [is, should] = [chainText(found.base, found.rules), chainText(base, rules.length)];
    if (is === should) return [];
    return [
      { kind: 'missing', object: 'chain', name, detail: should },
      { kind: 'unexpected', object: 'chain', name, detail: is },
    ];
  });
  const extra = chains.filter((chain) => !desired.chains.has(chain.name) && !isHarmless(chain));
  return [...unmet, ...extra.map(({ name }) => ({ kind: 'unexpected', object: 'chain', name }) as const)];
}

/** Whether a chain that nobody asks for does no harm: no element leads to it. */
export function isHarmless({ name, base, rules }: ListedTable['chains'][number]): boolean {
  if (base !== undefined) return false;
  return name === layoutChain || isSharedChainName(name) || (isAffinityName(name) && rules === 0);
}

function chainText(base: ListedTable['chains'][number]['base'], rules: number): string {
  const called = base === undefined ? '' : `type ${base.type} hook ${base.hook} priority ${String(base.priority)}, `;
  return `${called}${String(rules)} ${rules === 1 ? 'rule' : 'rules'}`;
}

/** How nft lists a set or map. */
export function listedAs({ name, value }: SetDeclaration): ListedTable['sets'][number] {
  return { name, kind: value === undefined ? 'set' : 'map' };
}

/** Compares which sets and maps there are. */
export function auditSets(listed: ListedTable['sets'], wanted: ListedTable['sets']): readonly Discrepancy[] {
  const names = (sets: ListedTable['sets']) => new Set(sets.map(({ name, kind }) => `${kind} ${name}`));
  const [present, known] = [names(listed), names(wanted)];
  return [
    ...wanted
      .filter(({ name, kind }) => !present.has(`${kind} ${name}`))
      .map(({ name, kind }) => ({ kind: 'missing', object: kind, name }) as const),
    ...listed
      .filter(({ name, kind }) => !known.has(`${kind} ${name}`))
      .map(({ name, kind }) => ({ kind: 'unexpected', object: kind, name }) as const),
  ];
}
