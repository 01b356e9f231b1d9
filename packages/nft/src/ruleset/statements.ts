import type { Expression, Operand, Rule, Statement, Verdict } from '../syntax/index.js';

/** Short forms for the statements rules are written with. */

export function match(left: Expression, right: Operand, op: '==' | '!=' = '=='): Statement {
  return { kind: 'match', left, op, right };
}

export function inSet(left: Expression, set: string, op: '==' | '!=' = '=='): Statement {
  return match(left, { kind: 'set', set }, op);
}

export function lookup(key: Expression, map: string): Statement {
  return { kind: 'vmap', key, map };
}

export function jump(chain: string): Statement {
  return { kind: 'verdict', verdict: { kind: 'jump', chain } };
}

export function goto(chain: string): Statement {
  return { kind: 'verdict', verdict: gotoVerdict(chain) };
}

export function gotoVerdict(chain: string): Verdict {
  return { kind: 'goto', chain };
}

export const drop: Statement = { kind: 'verdict', verdict: { kind: 'drop' } };
export const reject: Statement = { kind: 'reject' };

export const isNew: Statement = match({ kind: 'ct', key: 'state' }, { kind: 'value', value: 'new' });
export const isDestinationNatted: Statement = match({ kind: 'ct', key: 'status' }, { kind: 'value', value: 'dnat' });

/** Twice, because kernels without the lookup fixes of September 2025 (6.12.48, 6.16.8, 6.17) can miss an element that is being replaced. */
export function twice(rule: Rule): readonly Rule[] {
  return [rule, rule];
}
