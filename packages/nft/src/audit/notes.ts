import type { Element } from '../syntax/index.js';
import { mostDiscrepancies } from './audit.js';
import type { Discrepancy } from './discrepancy.js';
import { textOf } from './elements.js';
import type { AuditResult, DriftReport } from './report.js';

/** An element, and the set it is in. */
export type Placed = readonly [set: string, element: Element];

/** What an audit has found so far. */
export class Notes {
  readonly #found: Discrepancy[] = [];
  #wasIncomplete = false;
  total = 0;
  elements = 0;

  add(discrepancies: readonly Discrepancy[]): void {
    this.total += discrepancies.length;
    this.#wasIncomplete ||= discrepancies.some(({ kind }) => kind === 'missing');
    this.#found.push(...discrepancies.slice(0, mostDiscrepancies - this.#found.length));
  }

  addElements(kind: Discrepancy['kind'], placed: readonly Placed[], object?: Discrepancy['object']): void {
    const kindOf = ({ value }: Element) => object ?? (value === undefined ? 'set' : 'map');
    this.add(placed.map(([name, element]) => ({ kind, object: kindOf(element), name, element: textOf(element) })));
  }

  report(result: AuditResult): DriftReport {
    const { total, elements } = this;
    return { result, discrepancies: this.#found, total, elements, wasIncomplete: this.#wasIncomplete };
  }
}
