import type { Chain, Operation, Rule, SetDeclaration } from '../syntax/index.js';
import { addElements, deleteElements, releaseTargets } from './elements.js';
import { Intervals } from './intervals.js';
import { FakeChain, FakeSet, FakeTable } from './objects.js';
import { refuse } from './refusal.js';
import { checkRule, referencesOf } from './rules.js';
import { sameTypes } from './type.js';
import type { UndoLog } from './undo.js';

/** What a step works on. */
export interface StepContext {
  readonly tables: Map<string, FakeTable>;
  readonly table: string;
  readonly undo: UndoLog;
  /** The number of the next chain. */
  readonly nextSequence: () => number;
}

/** Does one step. @returns whether chains lead anywhere they did not lead before, so that the table must be validated. */
export function applyOperation(context: StepContext, operation: Operation): boolean {
  const { undo } = context;
  switch (operation.op) {
    case 'add-table':
      addTable(context);
      return false;
    case 'delete-table':
      deleteTable(context);
      return false;
    case 'add-chain':
      addChain(context, operation.chain);
      return false;
    case 'flush-chain':
      flushChain(tableOf(context), chainOf(context, operation.chain), undo);
      return false;
    case 'delete-chain':
      deleteChain(tableOf(context), chainOf(context, operation.chain), undo);
      return false;
    case 'add-rule':
      addRule(tableOf(context), chainOf(context, operation.chain), operation.rule, undo);
      return true;
    case 'add-set':
      addSet(tableOf(context), operation.set, undo);
      return false;
    case 'flush-set': {
      const set = setOf(context, operation.set);
      if ((set.valueTypes === undefined) !== (operation.kind === 'set')) refuse('not-found');
      flushSet(tableOf(context), set, undo);
      return false;
    }
    case 'delete-set':
      deleteSet(tableOf(context), setOf(context, operation.set), undo);
      return false;
    case 'add-elements':
      if (operation.elements.length === 0) return false;
      return addElements(tableOf(context), setOf(context, operation.set), operation.elements, undo);
    case 'delete-elements':
      if (operation.elements.length > 0) {
        deleteElements(tableOf(context), setOf(context, operation.set), operation.elements, undo);
      }
      return false;
  }
}

function tableOf({ tables, table }: StepContext): FakeTable {
  return tables.get(table) ?? refuse('not-found');
}

function chainOf(context: StepContext, name: string): FakeChain {
  return tableOf(context).chains.get(name) ?? refuse('not-found');
}

function setOf(context: StepContext, name: string): FakeSet {
  return tableOf(context).sets.get(name) ?? refuse('not-found');
}

function addTable({ tables, table, undo }: StepContext): void {
  if (tables.has(table)) return;
  tables.set(table, new FakeTable(table));
  undo.push(() => tables.delete(table));
}

function deleteTable(context: StepContext): void {
  const table = tableOf(context);
  context.tables.delete(table.name);
  context.undo.push(() => context.tables.set(table.name, table));
}

function addChain(context: StepContext, chain: Chain): void {
  const { chains } = tableOf(context);
  const present = chains.get(chain.name)?.chain;
  if (present) {
    checkSameBase(present.base, chain.base);
    changePolicy(tableOf(context), chain, context.undo);
    return;
  }
  chains.set(chain.name, new FakeChain(chain, context.nextSequence()));
  context.undo.push(() => chains.delete(chain.name));
}

// Its policy is the one thing of a base chain that can be changed; left out, it stays as it is.
function changePolicy(table: FakeTable, { name, base }: Chain, undo: UndoLog): void {
  const found = table.chains.get(name);
  if (base?.policy === undefined || found?.chain.base === undefined) return;
  const before = found.chain;
  found.chain = { name, base: { ...found.chain.base, policy: base.policy } };
  undo.push(() => {
    found.chain = before;
  });
}

// A base chain keeps its hook and priority for life; its name alone says that any chain will do.
function checkSameBase(present: Chain['base'], wanted: Chain['base']): void {
  if (wanted === undefined) return;
  if (present === undefined) refuse('exists');
  if (present.hook !== wanted.hook || present.priority !== wanted.priority) refuse('not-supported');
  if (present.type !== wanted.type) refuse('exists');
}

function deleteChain(table: FakeTable, chain: FakeChain, undo: UndoLog): void {
  // Its rules go with it, but one that leads to the chain itself counts like any other.
  if (chain.uses > 0) refuse('busy');
  flushChain(table, chain, undo);
  table.chains.delete(chain.chain.name);
  undo.push(() => table.chains.set(chain.chain.name, chain));
}

function addRule(table: FakeTable, chain: FakeChain, rule: Rule, undo: UndoLog): void {
  checkRule(table, rule);
  const references = [...referencesOf(table, rule)];
  for (const referred of references) referred.uses += 1;
  chain.rules.push(rule);
  undo.push(() => {
    chain.rules.pop();
    for (const referred of references) referred.uses -= 1;
  });
}

function flushChain(table: FakeTable, chain: FakeChain, undo: UndoLog): void {
  const { rules } = chain;
  const references = rules.flatMap((rule) => [...referencesOf(table, rule)]);
  for (const referred of references) referred.uses -= 1;
  chain.rules = [];
  undo.push(() => {
    chain.rules = rules;
    for (const referred of references) referred.uses += 1;
  });
}

function addSet(table: FakeTable, declaration: SetDeclaration, undo: UndoLog): void {
  const { name } = declaration;
  const present = table.sets.get(name);
  const wanted = new FakeSet(declaration);
  if (!present) {
    table.sets.set(name, wanted);
    undo.push(() => table.sets.delete(name));
    return;
  }
  if (!isSame(present, wanted)) refuse('exists');
  // Size and timeout are taken over, and stay where the new declaration has none (kernels before 6.2 keep the old ones).
  const before = present.declaration;
  const { size = before.size, timeoutSeconds = before.timeoutSeconds } = declaration;
  present.declaration = {
    ...before,
    ...(size !== undefined && { size }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  };
  undo.push(() => {
    present.declaration = before;
  });
}

function isSame(a: FakeSet, b: FakeSet): boolean {
  const flags = (set: FakeSet): string => [...(set.declaration.flags ?? [])].sort().join(',');
  if (a.declaration.counter !== b.declaration.counter) return false;
  if (flags(a) !== flags(b) || !sameTypes(a.keyTypes, b.keyTypes)) return false;
  if (Array.isArray(a.valueTypes) && Array.isArray(b.valueTypes)) return sameTypes(a.valueTypes, b.valueTypes);
  return a.valueTypes === b.valueTypes;
}

function flushSet(table: FakeTable, set: FakeSet, undo: UndoLog): void {
  releaseTargets(table, set, undo);
  const { elements, intervals } = set;
  set.elements = new Map();
  set.intervals = intervals && new Intervals();
  undo.push(() => {
    set.elements = elements;
    set.intervals = intervals;
  });
}

function deleteSet(table: FakeTable, set: FakeSet, undo: UndoLog): void {
  if (set.uses > 0) refuse('busy');
  releaseTargets(table, set, undo);
  table.sets.delete(set.declaration.name);
  undo.push(() => table.sets.set(set.declaration.name, set));
}
