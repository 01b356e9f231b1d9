import type { Chain, Element, Rule, SetDeclaration } from '../syntax/index.js';

/** What the kernel holds: tables of family `inet`, side by side. The tracer reads this shape, whoever provides it. */
export interface Ruleset {
  readonly tables: ReadonlyMap<string, TableState>;
}

/** A table's chains, sets and maps, by name. */
export interface TableState {
  readonly name: string;
  readonly chains: ReadonlyMap<string, ChainState>;
  readonly sets: ReadonlyMap<string, SetState>;
}

/** A chain and its rules, in order. */
export interface ChainState {
  readonly chain: Chain;
  readonly rules: readonly Rule[];
  /** Counts up with every chain that is added: of two base chains with one priority, the older is called first. */
  readonly sequence: number;
}

/** A set or map and its elements, by {@link keyText}. */
export interface SetState {
  readonly declaration: SetDeclaration;
  readonly elements: ReadonlyMap<string, Element>;
}
