import { expect } from 'vitest';
import type { FakeNft } from '../../src/fake/index.js';
import { renderElement, renderRule, renderSetDeclaration } from '../../src/render/index.js';
import type { Atom, Element } from '../../src/syntax/index.js';

/** What a table holds, whichever slot an endpoint is in. */
export interface Contents {
  readonly sets: Readonly<Record<string, readonly string[]>>;
  /** Chains of one service port alone. */
  readonly ownChains: Readonly<Record<string, readonly string[]>>;
  /** Chains that services share. */
  readonly sharedChains: Readonly<Record<string, readonly string[]>>;
}

const isSlotMap = (set: string): boolean => /(^|-)endpoints-(tcp|udp|sctp)[46]$/.test(set);

/** Reads a table of the fake. Fails if the slots of a frontend have a hole. */
export function contentsOf(nft: FakeNft, table: string): Contents {
  const state = nft.tables.get(table)!;
  const sets = [...state.sets.values()].map(({ declaration, elements }) => {
    const all = [...elements.values()];
    const texts = isSlotMap(declaration.name) ? slotTexts(all) : all.map(renderElement).sort();
    return [declaration.name, [renderSetDeclaration(declaration), ...texts]] as const;
  });
  const chains = [...state.chains.values()].map(({ chain, rules }) => [chain.name, rules.map(renderRule)] as const);
  const isOwn = (name: string): boolean => name.includes('/');
  return {
    sets: Object.fromEntries(sets.sort()),
    ownChains: Object.fromEntries(chains.filter(([name]) => isOwn(name)).sort()),
    sharedChains: Object.fromEntries(chains.filter(([name]) => !isOwn(name)).sort()),
  };
}

function slotTexts(elements: readonly Element[]): string[] {
  const frontends = new Map<string, { readonly slots: number[]; readonly endpoints: string[] }>();
  for (const { key, value } of elements) {
    const frontend = key.slice(0, -1).join(' . ');
    const known = frontends.get(frontend) ?? { slots: [], endpoints: [] };
    known.slots.push(Number(key.at(-1)));
    known.endpoints.push((value as readonly Atom[]).join(' . '));
    frontends.set(frontend, known);
  }
  return [...frontends]
    .map(([frontend, { slots, endpoints }]) => {
      expect(slots.sort((a, b) => a - b)).toEqual(slots.map((_, index) => index));
      return `${frontend} : ${endpoints.sort().join(', ')}`;
    })
    .sort();
}
