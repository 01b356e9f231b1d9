import { renderChain, renderElement, renderRule, renderSetDeclaration } from '../render/index.js';
import type { ChainState, SetState, TableState } from './ruleset.js';

/** A table's contents, each object by name and elements by their text, so that equal contents give equal text. */
export function dumpTable({ name, sets, chains }: TableState): string {
  const lines = [...sorted(sets).flatMap(dumpSet), ...sorted(chains).flatMap(dumpChain)];
  return `table inet ${name} {\n${lines.map((line) => `\t${line}\n`).join('')}}\n`;
}

function dumpSet({ declaration, elements }: SetState): readonly string[] {
  const lines = [...elements.values()].map((element) => `\t${renderElement(element)}`);
  return [renderSetDeclaration(declaration), ...lines.sort()];
}

function dumpChain({ chain, rules }: ChainState): readonly string[] {
  return [`chain ${renderChain(chain)}`, ...rules.map((rule) => `\t${renderRule(rule)}`)];
}

function sorted<State>(objects: ReadonlyMap<string, State>): readonly State[] {
  const names = [...objects.keys()].sort();
  return names.map((name) => objects.get(name)).filter((state) => state !== undefined);
}
