import { keyText } from '../fake/index.js';
import { skeletonSets } from '../ruleset/skeleton.js';
import { NftRefusedError } from '../run/index.js';
import type { Loader } from '../load/index.js';
import type { Element, Operation, SetDeclaration } from '../syntax/index.js';
import type { TableModel } from '../table/model.js';
import type { Pause } from '../table/steps.js';
import { mostDiscrepancies } from './audit.js';
import { canBeAsked, fixedElements, portionsOf, servedElements } from './desired.js';
import type { Portion } from './desired.js';
import type { Discrepancy } from './discrepancy.js';
import { textOf } from './elements.js';
import type { AuditKernel } from './kernel.js';
import { auditStructure, RuleMemory } from './structure.js';

/**
 * How an audit ended. `agreed`: nothing differed. `repaired`: elements differed, and were put right. `damaged`: more than
 * elements differed, or too many of them; the loader has to load the table anew, and was told so. `abandoned`: the table
 * was replaced meanwhile, or there is none.
 */
export type AuditResult = 'agreed' | 'repaired' | 'damaged' | 'abandoned';

/** What an audit of the table in service came to. */
export interface DriftReport {
  /** What was done about what was found. */
  readonly result: AuditResult;
  /** The first differences, at most {@link mostDiscrepancies}. */
  readonly discrepancies: readonly Discrepancy[];
  /** How many there were. */
  readonly total: number;
  /** Elements that were compared. */
  readonly elements: number;
  /** Whether something was missing: connections may have begun that nobody translated. */
  readonly wasIncomplete: boolean;
}

/** What a {@link TableAuditor} needs. */
export interface AuditorOptions {
  /** What reads the table in the kernel. */
  readonly kernel: AuditKernel;
  /** Whose table it is, and which repairs it. */
  readonly loader: Loader;
  /** Runs a step while nothing else uses the loader. Steps are short: what waits for one waits some 50 ms. */
  readonly alone: <T>(step: () => Promise<T>) => Promise<T>;
  /** Lets everything else go on that is due, between parts of longer work. */
  readonly pause?: Pause;
  /** Audits until other values and additions have been looked for everywhere: a part of the table each time. Default: 4. */
  readonly rounds?: number;
}

/** Elements that are asked for at once: 40 ms of CPU in nft, and as long until a sync can begin. */
const elementsPerStep = 2_000;
/**
 * Sets with more elements are not listed, so that what others add to them stays: listing as many takes 0.1 s. An addition
 * does harm only in sets that are small: those of frontends that are refused, dropped or firewalled.
 */
const mostListed = 5_000;
/** Where more elements differ than this, a new table is less work than finding them all. */
const mostRepaired = 1_000;

/**
 * Compares the table in service with its model, and puts elements right that others deleted, changed or added. In short
 * steps, each of which compares a part as it is at that moment: syncs go on in between, and no memory is needed that grows
 * with the table.
 *
 * Every audit compares chains, rules, sets and maps, and has the kernel check whether it would delete the elements that
 * should be there: that tells of each that is missing, and costs what a transaction does. Every few audits it checks
 * whether the kernel would add them as they are, which tells of other values, and lists sets of up to 5,000 elements, which
 * tells of additions.
 */
export class TableAuditor {
  readonly #options: AuditorOptions;
  readonly #memory = new RuleMemory();
  #model: TableModel | undefined;
  #audits = 0;

  constructor(options: AuditorOptions) {
    this.#options = options;
  }

  /** Audits once. Throws what nft throws, refusals apart. */
  async audit(): Promise<DriftReport> {
    const { loader, alone } = this.#options;
    const model = loader.model;
    const notes = new Notes();
    if (model !== this.#model) this.#memory.clear();
    this.#model = model;
    this.#audits += 1;
    if (model === undefined) return notes.report('abandoned');
    try {
      for (const step of this.#steps(model, notes)) {
        await alone(async () => {
          const table = loader.tableName;
          if (loader.model !== model || table === undefined) throw new Abandoned();
          await step(table);
        });
      }
      return notes.report(notes.total === 0 ? 'agreed' : 'repaired');
    } catch (error) {
      if (error instanceof Abandoned) return notes.report('abandoned');
      if (error instanceof Damaged) return notes.report('damaged');
      throw error;
    }
  }

  *#steps(model: TableModel, notes: Notes): Generator<(table: string) => Promise<void>> {
    yield (table) => this.#auditStructure(table, model, notes);
    const declared = new Map(skeletonSets(model.settings).map((set) => [set.name, set]));
    const { rounds = 4 } = this.#options;
    const isDue = (index: number): boolean => (index + this.#audits) % rounds === 0;
    const portions = portionsOf(model, elementsPerStep);
    let index = 0;
    const next = async (table: string): Promise<boolean> => {
      const portion = portions.next();
      if (portion.done === true) return false;
      const askable = new Map([...portion.value].filter(([set]) => isAskable(declared.get(set))));
      await this.#auditPortion(table, askable, notes, isDue(index));
      return true;
    };
    const progress = { isOver: false };
    for (; !progress.isOver; index += 1) {
      yield async (table) => {
        progress.isOver = !(await next(table));
      };
    }
    for (const set of declared.values()) {
      index += 1;
      if (isDue(index)) yield (table) => this.#auditSet(table, set, model, notes);
    }
  }

  async #auditStructure(table: string, model: TableModel, notes: Notes): Promise<void> {
    const structure = await this.#options.kernel.listStructure(table);
    // The watch of the whole table has it.
    const found = structure === undefined ? [] : auditStructure(structure, model, this.#memory);
    notes.add(found);
    if (structure === undefined || found.length > 0) this.#giveUp();
  }

  /** What is missing is found by deletions, what has another value by additions; neither takes effect. */
  async #auditPortion(table: string, sets: Portion, notes: Notes, withValues: boolean): Promise<void> {
    const all = [...sets];
    const missing = await this.#refused(table, all, 'delete-elements', 'not-found');
    const maps = all.map(([set, elements]) => [set, elements.filter(({ value }) => value !== undefined)] as const);
    const changed = withValues ? await this.#refused(table, maps, 'add-elements', 'exists') : [];
    for (const [, elements] of all) notes.elements += elements.length;
    if (missing.length + changed.length === 0) return;
    const kindOf = ({ value }: Element) => (value === undefined ? 'set' : 'map');
    const told = ([name, element]: Placed): Discrepancy => ({
      kind: 'missing',
      object: kindOf(element),
      name,
      element: textOf(element),
    });
    notes.add([...missing, ...changed].map(told));
    await this.#repair(table, notes, [
      ...grouped('delete-elements', changed),
      ...grouped('add-elements', [...missing, ...changed]),
    ]);
  }

  /** The elements that a step on each of them is refused for. nft names one of each refused step: then one step an element. */
  async #refused(
    table: string,
    sets: readonly (readonly [string, readonly Element[]])[],
    op: 'add-elements' | 'delete-elements',
    reason: 'not-found' | 'exists',
  ): Promise<readonly Placed[]> {
    const { kernel } = this.#options;
    const whole = sets.map(([set, elements]): Operation => ({ op, set, elements }));
    if ((await refusalOf(kernel.check({ table, operations: whole }))) === undefined) return [];
    let left = sets.flatMap(([set, elements]) => elements.map((element): Placed => [set, element]));
    const found: Placed[] = [];
    for (;;) {
      const operations = left.map(([set, element]): Operation => ({ op, set, elements: [element] }));
      const error = await refusalOf(kernel.check({ table, operations }));
      if (error === undefined) return found;
      const indexes = new Set(
        error.refusals.filter((refusal) => refusal.reason === reason).flatMap(({ at }) => at?.operation ?? []),
      );
      // Refused for another reason: the set itself is not what it was.
      if (indexes.size === 0 || found.length + indexes.size > mostRepaired) this.#giveUp();
      found.push(...left.filter((_, index) => indexes.has(index)));
      left = left.filter((_, index) => !indexes.has(index));
    }
  }

  async #auditSet(table: string, declaration: SetDeclaration, model: TableModel, notes: Notes): Promise<void> {
    const { name, value } = declaration;
    const fixed = fixedElements(model).get(name);
    const count = fixed?.length ?? model.elementCounts.get(name) ?? 0;
    if (count > mostListed) return;
    const kind = value === undefined ? 'set' : 'map';
    const listed = await this.#options.kernel.listElements({ table, set: name, kind });
    if (listed.unread > 0) this.#giveUp();
    const isKnown = isAskable(declaration) && fixed === undefined;
    if (!isKnown) notes.elements += count;
    if (isKnown && listed.elements.length === count) return;
    const left = new Map<string, Element>();
    for (const element of fixed ?? (await this.#servedIn(model, name))) left.set(keyText(element.key), element);
    const unexpected: Element[] = [];
    for (const element of listed.elements) {
      if (!left.delete(keyText(element.key))) unexpected.push(element);
    }
    const missing = [...left.values()];
    const tell = (kindOfDifference: Discrepancy['kind']) => (element: Element) =>
      ({ kind: kindOfDifference, object: kind, name, element: textOf(element) }) as const;
    notes.add([...missing.map(tell('missing')), ...unexpected.map(tell('unexpected'))]);
    if (missing.length + unexpected.length === 0) return;
    await this.#repair(table, notes, [
      ...grouped(
        'delete-elements',
        unexpected.map((element) => [name, element]),
      ),
      ...grouped(
        'add-elements',
        missing.map((element) => [name, element]),
      ),
    ]);
  }

  async #servedIn(model: TableModel, set: string): Promise<readonly Element[]> {
    const elements: Element[] = [];
    for (const of of servedElements(model, set)) {
      elements.push(...of);
      await this.#options.pause?.();
    }
    return elements;
  }

  async #repair(table: string, notes: Notes, operations: readonly Operation[]): Promise<void> {
    if (notes.total > mostRepaired) this.#giveUp();
    const error = await refusalOf(this.#options.kernel.apply({ table, operations }));
    if (error !== undefined) this.#giveUp();
  }

  #giveUp(): never {
    this.#options.loader.distrust();
    throw new Damaged();
  }
}

type Placed = readonly [set: string, element: Element];

class Abandoned extends Error {}
class Damaged extends Error {}

class Notes {
  readonly #found: Discrepancy[] = [];
  #wasIncomplete = false;
  total = 0;
  elements = 0;

  add(discrepancies: readonly Discrepancy[]): void {
    this.total += discrepancies.length;
    this.#wasIncomplete ||= discrepancies.some(({ kind }) => kind === 'missing');
    this.#found.push(...discrepancies.slice(0, mostDiscrepancies - this.#found.length));
  }

  report(result: AuditResult): DriftReport {
    const { total, elements } = this;
    return { result, discrepancies: this.#found, total, elements, wasIncomplete: this.#wasIncomplete };
  }
}

/** Sets of single Services have no ranges, and elements that clients make are not in the model. */
function isAskable(declaration: SetDeclaration | undefined): boolean {
  return declaration === undefined || canBeAsked(declaration);
}

async function refusalOf(running: Promise<void>): Promise<NftRefusedError | undefined> {
  try {
    await running;
    return undefined;
  } catch (error) {
    if (error instanceof NftRefusedError) return error;
    throw error;
  }
}

function grouped(op: 'add-elements' | 'delete-elements', placed: readonly Placed[]): readonly Operation[] {
  const sets = new Map<string, Element[]>();
  for (const [set, element] of placed) {
    const known = sets.get(set);
    if (known === undefined) sets.set(set, [element]);
    else known.push(element);
  }
  return [...sets].map(([set, elements]) => ({ op, set, elements }));
}
