import type { FakeNft } from '../fake/index.js';
import type { LoadTarget } from './target.js';

/** A fake as a loader needs it: what the kernel would do, without one. */
export function createFakeLoadTarget(fake: FakeNft): LoadTarget {
  return {
    apply: (transaction) => fake.apply(transaction),
    listChains: () =>
      Promise.resolve(
        [...fake.tables].flatMap(([table, { chains }]) =>
          [...chains].map(([name, { chain }]) => ({ table, name, ...(chain.base && { base: chain.base }) })),
        ),
      ),
    listSets: (table) => {
      const sets = [...(fake.tables.get(table)?.sets ?? [])];
      return Promise.resolve(
        sets.filter(([, { declaration }]) => declaration.value === undefined).map(([name]) => name),
      );
    },
    listElements: (table, set) =>
      Promise.resolve([...(fake.tables.get(table)?.sets.get(set)?.elements.values() ?? [])]),
  };
}
