import type { Chain, Element, Rule, SetDeclaration } from '../syntax/index.js';
import { Intervals } from './intervals.js';
import type { ChainState, SetState, TableState } from './ruleset.js';
import { typesOf } from './type.js';
import type { PartType } from './type.js';

/** A chain as the fake keeps it. */
export class FakeChain implements ChainState {
  rules: Rule[] = [];
  /** Rules and verdict elements that lead here: the kernel's `chain->use`, less the chain's own rules. */
  uses = 0;
  chain: Chain;
  readonly sequence: number;

  constructor(chain: Chain, sequence: number) {
    this.chain = chain;
    this.sequence = sequence;
  }
}

/** A set or map as the fake keeps it. */
export class FakeSet implements SetState {
  declaration: SetDeclaration;
  elements = new Map<string, Element>();
  /** Rules that look in here. */
  uses = 0;
  /** Of a verdict map: the chains it leads to, and by how many elements. */
  readonly targets = new Map<string, number>();
  intervals: Intervals | undefined;
  readonly keyTypes: readonly PartType[];
  readonly valueTypes: readonly PartType[] | 'verdict' | undefined;

  constructor(declaration: SetDeclaration) {
    this.declaration = declaration;
    const { key, value, flags } = declaration;
    this.keyTypes = typesOf(key);
    this.valueTypes = value === undefined || value === 'verdict' ? value : typesOf(value);
    this.intervals = flags?.includes('interval') ? new Intervals() : undefined;
  }

  has(flag: 'interval' | 'dynamic' | 'timeout'): boolean {
    return this.declaration.flags?.includes(flag) ?? false;
  }
}

/** A table as the fake keeps it. */
export class FakeTable implements TableState {
  readonly chains = new Map<string, FakeChain>();
  readonly sets = new Map<string, FakeSet>();
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}
