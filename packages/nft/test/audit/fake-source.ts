import type { AuditSource } from '../../src/audit/index.js';
import type { TableState } from '../../src/fake/index.js';

/** A table of the fake as an audit reads it. */
export function fakeSource({ chains, sets }: TableState): AuditSource {
  return {
    listTable: () =>
      Promise.resolve({
        chains: [...chains.values()].map(({ chain: { name, base }, rules }) => ({
          table: 'nftproxier',
          name,
          ...(base && { base }),
          rules: rules.length,
        })),
        sets: [...sets.values()].map(({ declaration: { name, value } }) => ({
          name,
          kind: value === undefined ? ('set' as const) : ('map' as const),
        })),
      }),
    listElements: ({ name }) =>
      Promise.resolve({ elements: [...(sets.get(name)?.elements.values() ?? [])], unread: 0 }),
  };
}
