import type { AuditKernel } from '../../src/audit/index.js';
import type { FakeNft } from '../../src/fake/index.js';
import { renderRule } from '../../src/render/index.js';
import type { Transaction } from '../../src/syntax/index.js';

/** The fake as an auditor needs it, and what it was asked to do. */
export function fakeAuditKernel(fake: FakeNft): AuditKernel & { readonly applied: Transaction[] } {
  const applied: Transaction[] = [];
  return {
    applied,
    async apply(transaction) {
      await fake.apply(transaction);
      applied.push(transaction);
    },
    check: (transaction) => fake.check(transaction),
    listStructure(name) {
      const table = fake.tables.get(name);
      if (table === undefined) return Promise.resolve(undefined);
      return Promise.resolve({
        chains: [...table.chains.values()].map(({ chain, rules }) => ({
          table: name,
          name: chain.name,
          ...(chain.base && { base: chain.base }),
          rules: rules.map(renderRule),
        })),
        sets: [...table.sets.values()].map(({ declaration }) => ({
          name: declaration.name,
          kind: declaration.value === undefined ? ('set' as const) : ('map' as const),
        })),
      });
    },
    listElements: ({ table, set }) =>
      Promise.resolve({ elements: [...(fake.tables.get(table)?.sets.get(set)?.elements.values() ?? [])], unread: 0 }),
  };
}
