import type { Chain, Element, Rule, SetDeclaration } from '../syntax/index.js';

/** What the kernel holds: tables of family `inet`, side by side. The tracer reads this shape, whoever provides it. */
export interface Ruleset {
  /** By name. */
  readonly tables: ReadonlyMap<string, TableState>;
}

/** A table's chains, sets and maps, by name. */
export interface TableState {
  /** Unique in the family. */
  readonly name: string;
  /** Base chains and others, by name. */
  readonly chains: ReadonlyMap<string, ChainState>;
  /** Sets and maps, which share their names' space. */
  readonly sets: ReadonlyMap<string, SetState>;
}

/** A chain and its rules, in order. */
export interface ChainState {
  /** The chain as it was added. */
  readonly chain: Chain;
  /** In the order they are run. */
  readonly rules: readonly Rule[];
  /** Counts up with every chain that is added: of two base chains with one priority, the older is called first. */
  readonly sequence: number;
}

/** A set or map and its elements, by {@link keyText}. */
export interface SetState {
  /** The set or map as it was added. */
  readonly declaration: SetDeclaration;
  /** As they were added, timers included: the fake has no clock. */
  readonly elements: ReadonlyMap<string, Element>;
}
