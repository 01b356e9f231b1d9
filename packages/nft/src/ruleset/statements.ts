import { match } from '../syntax/index.js';
import type { Rule, Statement } from '../syntax/index.js';
import type { TableSettings } from './settings.js';

export { drop, goto, gotoVerdict, inSet, jump, lookup, match, reject } from '../syntax/index.js';

export const isNew: Statement = match({ kind: 'ct', key: 'state' }, { kind: 'value', value: 'new' });
export const isDestinationNatted: Statement = match({ kind: 'ct', key: 'status' }, { kind: 'value', value: 'dnat' });

/** A rule that looks something up which is replaced while packets pass, as often as the kernel needs. */
export function lookups(rule: Rule, { lookups }: Pick<TableSettings, 'lookups'>): readonly Rule[] {
  return lookups === 'once' ? [rule] : [rule, rule];
}
