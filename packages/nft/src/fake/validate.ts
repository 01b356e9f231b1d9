import type { Chain, Statement } from '../syntax/index.js';
import type { FakeChain, FakeTable } from './objects.js';
import { refuse } from './refusal.js';

type Base = NonNullable<Chain['base']>;

/**
 * What the kernel checks before it commits: from every base chain, that no chain leads back to itself, and that statements
 * stand where they work. Chains that no base chain leads to are not looked at. Only transactions that add rules, or lead
 * a map to a new chain, need it.
 */
export function validate(table: FakeTable): void {
  for (const chain of table.chains.values()) {
    if (chain.chain.base) visit(table, chain, chain.chain.base, new Map());
  }
}

function visit(table: FakeTable, chain: FakeChain, base: Base, seen: Map<FakeChain, 'open' | 'done'>): void {
  seen.set(chain, 'open');
  for (const statement of chain.rules.flat()) {
    if (!worksIn(statement, base)) refuse('not-supported');
    for (const name of targetsOf(table, statement)) {
      const target = table.chains.get(name);
      if (!target) continue;
      const state = seen.get(target);
      if (state === 'open') refuse('loop');
      if (state === undefined) visit(table, target, base, seen);
    }
  }
  seen.set(chain, 'done');
}

function targetsOf(table: FakeTable, statement: Statement): Iterable<string> {
  if (statement.kind === 'vmap') return table.sets.get(statement.map)?.targets.keys() ?? [];
  return statement.kind === 'verdict' && 'chain' in statement.verdict ? [statement.verdict.chain] : [];
}

function worksIn(statement: Statement, { type, hook }: Base): boolean {
  switch (statement.kind) {
    case 'dnat':
    case 'dnat-map':
      return type === 'nat' && (hook === 'prerouting' || hook === 'output');
    case 'masquerade':
      return type === 'nat' && hook === 'postrouting';
    case 'reject':
      return hook !== 'postrouting';
    default:
      return true;
  }
}
