import { keyText, valueText } from '../../src/fake/index.js';
import type { Ruleset } from '../../src/fake/index.js';
import { NftRefusedError } from '../../src/run/index.js';
import type { Nft, NftTarget } from '../../src/run/index.js';
import { elementOf, field, objectsOf } from '../../src/run/json.js';
import type { Element, Operation } from '../../src/syntax/index.js';
import type { Case } from './contract.js';

/** What a table holds, as far as the kernel lists it in a comparable form. */
export interface Contents {
  readonly chains: readonly string[];
  readonly sets: readonly string[];
}

export function contentsOfFake(ruleset: Ruleset, table: string): Contents | undefined {
  const state = ruleset.tables.get(table);
  if (!state) return undefined;
  return {
    chains: [...state.chains.values()]
      .map(({ chain, rules }) => chainLine(chain.name, chain.base?.hook, chain.base?.priority, rules.length))
      .sort(),
    sets: [...state.sets.values()]
      .map(({ declaration, elements }) => setLine(declaration.name, [...elements.values()], declaration.size))
      .sort(),
  };
}

export async function contentsOfKernel(nft: Nft, table: string): Promise<Contents | undefined> {
  try {
    const output = await nft.list(['table', 'inet', table]);
    const rules = objectsOf(output, 'rule').map((rule) => field(rule, 'chain'));
    const chains = objectsOf(output, 'chain').map((chain) => {
      const name = field(chain, 'name');
      return chainLine(name, field(chain, 'hook'), field(chain, 'prio'), rules.filter((of) => of === name).length);
    });
    const sets = [...objectsOf(output, 'set'), ...objectsOf(output, 'map')].map((set) => {
      const elements = ((field(set, 'elem') ?? []) as readonly unknown[]).map((json) => elementOf(json) as Element);
      return setLine(field(set, 'name'), elements, declaredSize(set));
    });
    return { chains: chains.sort(), sets: sets.sort() };
  } catch (error) {
    if (error instanceof NftRefusedError && error.reason === 'not-found') return undefined;
    throw error;
  }
}

/** A set that rules add to and that was declared without a size has the kernel's own limit as soon as such a rule is there. */
function declaredSize(set: unknown): unknown {
  const size = field(set, 'size');
  // nft 1.0.6 lists their flag `timeout` alone.
  const flags = [field(set, 'flags')].flat();
  return (flags.includes('dynamic') || flags.includes('timeout')) && size === 65_535 ? undefined : size;
}

function chainLine(name: unknown, hook: unknown, priority: unknown, rules: number): string {
  return JSON.stringify([name, hook ?? '-', hook === undefined ? '-' : priority, rules]);
}

function setLine(name: unknown, elements: readonly Element[], size: unknown): string {
  const texts = elements.map(({ key, value }) => `${keyText(key)} : ${valueText(value)}`).sort();
  return JSON.stringify([name, size ?? '-', ...texts]);
}

/** How a target takes operations: accepted, or the reason why not and where. */
export async function outcomeOf(
  target: NftTarget,
  table: string,
  operations: readonly Operation[],
): Promise<{
  readonly outcome: Case['outcome'];
  readonly operation?: number | undefined;
  readonly element?: number | undefined;
}> {
  try {
    await target.apply({ table, operations });
    return { outcome: 'accepted' };
  } catch (error) {
    if (!(error instanceof NftRefusedError)) throw error;
    const { at } = error.refusals[0] ?? {};
    return { outcome: error.reason, operation: at?.operation, element: at?.element };
  }
}
