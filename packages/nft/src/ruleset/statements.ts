import { match } from '../syntax/index.js';
import type { Rule, Statement } from '../syntax/index.js';

export { drop, goto, gotoVerdict, inSet, jump, lookup, match, reject } from '../syntax/index.js';

export const isNew: Statement = match({ kind: 'ct', key: 'state' }, { kind: 'value', value: 'new' });
export const isDestinationNatted: Statement = match({ kind: 'ct', key: 'status' }, { kind: 'value', value: 'dnat' });

/** Twice, because kernels without the lookup fixes of September 2025 (6.12.48, 6.16.8, 6.17) can miss an element that is being replaced. */
export function twice(rule: Rule): readonly Rule[] {
  return [rule, rule];
}
