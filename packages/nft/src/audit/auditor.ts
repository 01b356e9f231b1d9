import { keyText } from '../fake/index.js';
import type { Loader } from '../load/index.js';
import { skeletonSets } from '../ruleset/skeleton.js';
import type { Element, SetDeclaration } from '../syntax/index.js';
import type { TableModel } from '../table/model.js';
import type { Pause } from '../table/steps.js';
import { canBeAsked, fixedElements, portionsOf, servedIn } from './desired.js';
import type { Portion } from './desired.js';
import type { AuditKernel } from './kernel.js';
import { Notes } from './notes.js';
import type { Placed } from './notes.js';
import { Damaged, ElementRepair } from './repair.js';
import type { DriftReport } from './report.js';
import type { AuditScope, ChangedPart } from './scope.js';
import { auditStructure, RuleMemory } from './structure.js';
import { touchedElements } from './touched.js';

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

/**
 * Compares the table in service with its model, and puts elements right that others deleted, changed or added. In short
 * steps, each of which compares a part as it is at that moment: syncs go on in between, and no memory is needed that grows
 * with the table.
 *
 * Every audit compares chains, rules, sets and maps, and has the kernel check whether it would delete the elements that
 * should be there: that tells of each that is missing, and costs what a transaction does. Every few audits it checks
 * whether the kernel would add them as they are, which tells of other values, and lists sets of up to 5,000 elements, which
 * tells of additions.
 *
 * Where it is known what somebody changed, only that is compared: then in sets of any size, and in full.
 */
export class TableAuditor {
  readonly #options: AuditorOptions;
  readonly #elements: ElementRepair;
  readonly #memory = new RuleMemory();
  #model: TableModel | undefined;
  #audits = 0;

  constructor(options: AuditorOptions) {
    this.#options = options;
    this.#elements = new ElementRepair(options.kernel, options.loader);
  }

  /**
   * Audits once: as said above; or, with a scope, what somebody may have changed, in full.
   *
   * @throws what nft throws, refusals apart.
   */
  async audit(scope?: AuditScope): Promise<DriftReport> {
    const { loader, alone } = this.#options;
    const model = loader.model;
    const notes = new Notes();
    if (model !== this.#model) this.#memory.clear();
    this.#model = model;
    if (scope === undefined) this.#audits += 1;
    if (model === undefined) return notes.report('abandoned');
    try {
      for (const step of this.#steps(model, notes, scope)) {
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

  #steps(model: TableModel, notes: Notes, scope: AuditScope | undefined): Iterable<Step> {
    const declared = new Map(skeletonSets(model.settings).map((set) => [set.name, set]));
    if (scope === undefined || scope === 'everything') {
      return this.#allSteps(model, notes, declared, scope === undefined ? (this.#options.rounds ?? 4) : 1);
    }
    // Sets of single Services, which are not told apart here.
    if ([...scope.elements.keys()].some((set) => !declared.has(set))) return this.#allSteps(model, notes, declared, 1);
    return this.#touchedSteps(model, notes, declared, scope);
  }

  *#allSteps(model: TableModel, notes: Notes, declared: Declared, rounds: number): Generator<Step> {
    yield (table) => this.#auditStructure(table, model, notes);
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

  *#touchedSteps(model: TableModel, notes: Notes, declared: Declared, scope: ChangedPart): Generator<Step> {
    if (scope.structure) yield (table) => this.#auditStructure(table, model, notes);
    const fixed = fixedElements(model);
    const all = [...scope.elements].flatMap(([name, keys]) => {
      const declaration = declared.get(name);
      return declaration === undefined ? [] : ([[declaration, keys]] as const);
    });
    const isListed = ([declaration]: readonly [SetDeclaration, ...unknown[]]): boolean =>
      !isAskable(declaration) || fixed.has(declaration.name);
    for (const [declaration] of all.filter(isListed)) {
      yield (table) => this.#auditSet(table, declaration, model, notes);
    }
    const asked = all.filter((one) => !isListed(one));
    if (asked.length > 0) yield (table) => this.#auditTouched(table, asked, model, notes);
  }

  async #auditStructure(table: string, model: TableModel, notes: Notes): Promise<void> {
    const structure = await this.#options.kernel.listStructure(table);
    // The watch of the whole table has it.
    const found = structure === undefined ? [] : auditStructure(structure, model, this.#memory);
    notes.add(found);
    if (structure === undefined || found.length > 0) this.#elements.giveUp();
  }

  /** What is missing is found by deletions, what has another value by additions; neither takes effect. */
  async #auditPortion(table: string, sets: Portion, notes: Notes, withValues: boolean): Promise<void> {
    const all = [...sets].flatMap(([set, elements]) => elements.map((element): Placed => [set, element]));
    notes.elements += all.length;
    const missing = await this.#elements.missing(table, all);
    const changed = withValues ? await this.#elements.changed(table, all) : [];
    notes.addElements('missing', [...missing, ...changed]);
    await this.#elements.putRight(table, notes, { deleted: changed, added: [...missing, ...changed] });
  }

  async #auditTouched(
    table: string,
    sets: readonly (readonly [SetDeclaration, readonly Uint8Array[]])[],
    model: TableModel,
    notes: Notes,
  ): Promise<void> {
    const touched = await touchedElements(model, sets, this.#options.pause);
    if (touched === undefined) return this.#elements.giveUp();
    const { wanted, unwanted } = touched;
    notes.elements += wanted.length + unwanted.length;
    const missing = await this.#elements.missing(table, wanted);
    const lost = new Set(missing);
    const present = wanted.filter((placed) => !lost.has(placed));
    const changed = await this.#elements.changed(table, present);
    const absent = new Set(await this.#elements.missing(table, unwanted));
    const unexpected = unwanted.filter((placed) => !absent.has(placed));
    notes.addElements('missing', [...missing, ...changed]);
    for (const { name, value } of sets.map(([declaration]) => declaration)) {
      const of = unexpected.filter(([set]) => set === name);
      notes.addElements('unexpected', of, value === undefined ? 'set' : 'map');
    }
    const added = [...missing, ...changed];
    await this.#elements.putRight(table, notes, { deleted: [...changed, ...unexpected], added });
  }

  async #auditSet(table: string, declaration: SetDeclaration, model: TableModel, notes: Notes): Promise<void> {
    const { name, value } = declaration;
    const fixed = fixedElements(model).get(name);
    const count = fixed?.length ?? model.elementCounts.get(name) ?? 0;
    if (count > mostListed) return;
    const kind = value === undefined ? 'set' : 'map';
    const listed = await this.#options.kernel.listElements({ table, set: name, kind });
    if (listed.unread > 0) this.#elements.giveUp();
    const isKnown = isAskable(declaration) && fixed === undefined;
    if (!isKnown) notes.elements += count;
    if (isKnown && listed.elements.length === count) return;
    const left = new Map<string, Element>();
    for (const element of fixed ?? (await this.#servedIn(model, name))) left.set(keyText(element.key), element);
    const unexpected: Placed[] = [];
    for (const element of listed.elements) {
      if (!left.delete(keyText(element.key))) unexpected.push([name, element]);
    }
    const missing = [...left.values()].map((element): Placed => [name, element]);
    notes.addElements('missing', missing, kind);
    notes.addElements('unexpected', unexpected, kind);
    await this.#elements.putRight(table, notes, { deleted: unexpected, added: missing });
  }

  async #servedIn(model: TableModel, set: string): Promise<readonly Element[]> {
    const elements: Element[] = [];
    for (const placed of servedIn(model, new Set([set]))) {
      elements.push(...placed.map(({ element }) => element));
      await this.#options.pause?.();
    }
    return elements;
  }
}

/** Compares a part, in the table of this name. */
type Step = (table: string) => Promise<void>;

type Declared = ReadonlyMap<string, SetDeclaration>;

class Abandoned extends Error {}

/** Sets of single Services have no ranges, and elements that clients make are not in the model. */
function isAskable(declaration: SetDeclaration | undefined): boolean {
  return declaration === undefined || canBeAsked(declaration);
}
