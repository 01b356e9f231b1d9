import type { Expression } from './expression.js';
import type { Atom, LogLevel, Operand, Statement, Verdict } from './statement.js';

/** `LEFT RIGHT`, e.g. `ip saddr 10.0.0.0/8`; with `!=`, `LEFT != RIGHT`. */
export function match(left: Expression, right: Operand, op: '==' | '!=' = '=='): Statement {
  return { kind: 'match', left, op, right };
}

/** Membership of a named set: `ip saddr @admins`. */
export function inSet(left: Expression, set: string, op: '==' | '!=' = '=='): Statement {
  return match(left, { kind: 'set', set }, op);
}

/** One of some values: `tcp dport 22`, or `tcp dport { 80, 443 }`. */
export function oneOf(left: Expression, ...values: readonly [Atom, ...Atom[]]): Statement {
  const [value] = values;
  return match(left, values.length === 1 ? { kind: 'value', value } : { kind: 'values', values });
}

/** `meta iifname "NAME"`: the interface a packet arrives on. */
export function arrivesOn(name: string): Statement {
  return match({ kind: 'meta', key: 'iifname' }, { kind: 'interface', name, prefix: false });
}

/** `meta oifname "NAME"`: the interface a packet leaves on, which is known from the hooks forward and output on. */
export function leavesOn(name: string): Statement {
  return match({ kind: 'meta', key: 'oifname' }, { kind: 'interface', name, prefix: false });
}

/** `ct state { … }`: what connection tracking says of a packet. */
export function stateIs(
  ...states: readonly ['new' | 'established' | 'related' | 'invalid' | 'untracked', ...string[]]
): Statement {
  return oneOf({ kind: 'ct', key: 'state' }, ...states);
}

/** `KEY vmap @MAP`: go where a verdict map says. */
export function lookup(key: Expression, map: string): Statement {
  return { kind: 'vmap', key, map };
}

/** `jump CHAIN`, and back to the next rule. */
export function jump(chain: string): Statement {
  return { kind: 'verdict', verdict: { kind: 'jump', chain } };
}

/** `goto CHAIN`, and not back. */
export function goto(chain: string): Statement {
  return { kind: 'verdict', verdict: gotoVerdict(chain) };
}

/** `goto CHAIN` as a value of a verdict map. */
export function gotoVerdict(chain: string): Verdict {
  return { kind: 'goto', chain };
}

/** `accept`: on to the base chains that come later. */
export const accept: Statement = { kind: 'verdict', verdict: { kind: 'accept' } };

/** `drop`: the packet is lost. */
export const drop: Statement = { kind: 'verdict', verdict: { kind: 'drop' } };

/** `reject`: the sender is told that the port is unreachable. */
export const reject: Statement = { kind: 'reject' };

/** `counter`: count packets and bytes. */
export const counter: Statement = { kind: 'counter' };

/** `log prefix "PREFIX"`: a line in the kernel's log. */
export function log(prefix: string, level?: LogLevel): Statement {
  return { kind: 'log', prefix, ...(level !== undefined && { level }) };
}
