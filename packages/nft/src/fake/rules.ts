import type { Expression, Operand, Rule, Statement } from '../syntax/index.js';
import type { FakeChain, FakeSet, FakeTable } from './objects.js';
import { invalid, refuse } from './refusal.js';
import { fits, sameTypes, typesOf } from './type.js';
import type { PartType } from './type.js';

/** What a rule refers to: each keeps it from being deleted. */
export function* referencesOf(table: FakeTable, rule: Rule): Generator<FakeChain | FakeSet> {
  for (const statement of rule) {
    const name = setOf(statement);
    const referred = name === undefined ? chainOf(table, statement) : table.sets.get(name);
    if (referred) yield referred;
  }
}

/** Refuses a rule that nft or the kernel would refuse, whatever chain it is for. */
export function checkRule(table: FakeTable, rule: Rule): void {
  if (rule.length === 0) invalid('syntax error, unexpected newline');
  rule.forEach((statement, index) => {
    if (index < rule.length - 1 && isTerminal(statement)) invalid('Statement after terminal statement has no effect');
    checkStatement(table, statement, rule.slice(0, index));
  });
}

function checkStatement(table: FakeTable, statement: Statement, before: Rule): void {
  switch (statement.kind) {
    case 'match':
      return checkComparison(table, typesOf(statement.left), statement.right);
    case 'vmap': {
      const map = lookUp(table, statement.map, statement.key);
      if (map.valueTypes !== 'verdict') invalid('datatype mismatch: expected netfilter verdict');
      return;
    }
    case 'dnat-map': {
      const map = lookUp(table, statement.map, statement.key);
      const address = statement.family === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
      if (map.valueTypes === 'verdict' || !sameTypes(map.valueTypes ?? [], [address, 'inet_service'])) {
        invalid('datatype mismatch');
      }
      return checkTransport([...before, statement]);
    }
    case 'dnat':
      return checkTransport(before);
    case 'verdict': {
      const { verdict } = statement;
      if ('chain' in verdict && (table.chains.get(verdict.chain) ?? refuse('not-found')).chain.base)
        refuse('not-supported');
      return;
    }
    case 'update':
      if (!isFillable(lookUp(table, statement.set, statement.key), statement.timeoutSeconds)) refuse('not-supported');
      return;
    case 'reject':
    case 'mark-or':
    case 'mark-xor':
    case 'masquerade':
    case 'counter':
    case 'log':
    case 'limit':
      return;
  }
}

function checkComparison(table: FakeTable, left: readonly PartType[], right: Operand): void {
  switch (right.kind) {
    case 'value': {
      const [type] = left;
      if (left.length !== 1 || type === undefined || !fits(right.value, type, true)) invalid('datatype mismatch');
      return;
    }
    case 'values': {
      const [type] = left;
      if (left.length !== 1 || type === undefined || right.values.length === 0) invalid('datatype mismatch');
      if (!right.values.every((value) => fits(value, type, true))) invalid('datatype mismatch');
      return;
    }
    case 'range':
      if (!sameTypes(left, ['inet_service']) && !sameTypes(left, ['mark'])) invalid('datatype mismatch');
      return;
    case 'set':
      if (!sameTypes(left, (table.sets.get(right.set) ?? refuse('not-found')).keyTypes)) invalid('datatype mismatch');
      return;
    case 'interface':
      if (!sameTypes(left, ['ifname'])) invalid('datatype mismatch');
      return;
    case 'bits':
      if (!sameTypes(left, ['mark'])) invalid('datatype mismatch');
      return;
  }
}

function lookUp(table: FakeTable, name: string, key: Expression): FakeSet {
  const set = table.sets.get(name) ?? refuse('not-found');
  if (!sameTypes(typesOf(key), set.keyTypes)) invalid('datatype mismatch');
  return set;
}

// What matters to the kernel is how it stores the set: one of fixed size, or of intervals, cannot be filled by rules.
function isFillable(set: FakeSet, timeoutSeconds: number | undefined): boolean {
  if (set.has('timeout')) return true;
  const isFixed = set.declaration.size !== undefined && !set.has('dynamic');
  return timeoutSeconds === undefined && !isFixed && !set.has('interval');
}

// A destination with a port needs to know whose port: a comparison of the protocol, or a port of one, in the same rule.
function checkTransport(statements: Rule): void {
  if (!statements.some((statement) => namesTransport(statement))) {
    invalid('transport protocol mapping is only valid after transport protocol match');
  }
}

function namesTransport(statement: Statement): boolean {
  if (statement.kind === 'match') {
    const { left, op } = statement;
    return hasPort(left) || (left.kind === 'meta' && left.key === 'l4proto' && op === '==');
  }
  return 'key' in statement && hasPort(statement.key);
}

function hasPort(expression: Expression): boolean {
  if (expression.kind === 'concat') return expression.parts.some(hasPort);
  return expression.kind === 'payload' && ['tcp', 'udp', 'sctp'].includes(expression.protocol);
}

function isTerminal({ kind }: Statement): boolean {
  return kind === 'verdict' || kind === 'reject' || kind === 'masquerade' || kind === 'dnat' || kind === 'dnat-map';
}

/** The set or map a statement looks in. */
function setOf(statement: Statement): string | undefined {
  switch (statement.kind) {
    case 'match':
      return statement.right.kind === 'set' ? statement.right.set : undefined;
    case 'vmap':
    case 'dnat-map':
      return statement.map;
    case 'update':
      return statement.set;
    default:
      return undefined;
  }
}

function chainOf(table: FakeTable, statement: Statement): FakeChain | undefined {
  if (statement.kind !== 'verdict' || !('chain' in statement.verdict)) return undefined;
  return table.chains.get(statement.verdict.chain);
}
