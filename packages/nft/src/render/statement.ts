import type { Operand, Rule, Statement, Verdict } from '../syntax/index.js';
import { renderAddress, renderAtom, renderMask, renderNumber, renderSeconds } from './atom.js';
import { renderExpression } from './expression.js';
import { renderInterface, renderLogPrefix, renderName } from './name.js';

/** A rule on one line. */
export function renderRule(rule: Rule): string {
  return rule.map(renderStatement).join(' ');
}

/** One statement of a rule. */
export function renderStatement(statement: Statement): string {
  switch (statement.kind) {
    case 'match':
      return `${renderExpression(statement.left)} ${renderComparison(statement.op, statement.right)}`;
    case 'vmap':
      return `${renderExpression(statement.key)} vmap @${renderName(statement.map, 'map')}`;
    case 'dnat-map': {
      const key = renderExpression(statement.key);
      return `dnat ${statement.family} to ${key} map @${renderName(statement.map, 'map')}`;
    }
    case 'dnat': {
      const address = renderAddress(statement.family, statement.address);
      // nft 1.0.6 aborts on `dnat ip6 addr . port to A . P`; brackets work everywhere.
      const host = statement.family === 'ip6' ? `[${address}]` : address;
      return `dnat ${statement.family} to ${host}:${renderNumber(statement.port, 'a port')}`;
    }
    case 'verdict':
      return renderVerdict(statement.verdict);
    case 'reject':
      return statement.with === undefined ? 'reject' : `reject with ${statement.with}`;
    case 'mark-or':
      return `meta mark set meta mark or ${renderMask(statement.mask)}`;
    case 'mark-xor':
      return `meta mark set meta mark xor ${renderMask(statement.mask)}`;
    case 'masquerade':
      return 'masquerade fully-random';
    case 'update': {
      const timeout = renderSeconds('timeout', statement.timeoutSeconds);
      return `update @${renderName(statement.set, 'set')} { ${renderExpression(statement.key)}${timeout} }`;
    }
    case 'counter':
      return 'counter';
    case 'log': {
      const prefix = statement.prefix === undefined ? '' : ` prefix ${renderLogPrefix(statement.prefix)}`;
      return `log${prefix}${statement.level === undefined ? '' : ` level ${statement.level}`}`;
    }
    case 'limit': {
      const rate = `${statement.over ? 'over ' : ''}${renderNumber(statement.rate, 'a rate', 1)}/${statement.per}`;
      const { burst } = statement;
      return `limit rate ${rate}${burst === undefined ? '' : ` burst ${renderNumber(burst, 'a burst', 1)} packets`}`;
    }
  }
}

/** Where a packet goes next: `goto CHAIN`, `drop`. */
export function renderVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'goto':
    case 'jump':
      return `${verdict.kind} ${renderName(verdict.chain, 'chain')}`;
    case 'accept':
    case 'drop':
    case 'return':
      return verdict.kind;
  }
}

// Equality is left unwritten: nft then tests whether a flag is among several (`ct status dnat`), which `==` would not.
function renderComparison(op: '==' | '!=', right: Operand): string {
  const sign = op === '!=' ? '!= ' : '';
  switch (right.kind) {
    case 'value':
      return sign + renderAtom(right.value);
    case 'values':
      return `${sign}{ ${right.values.map(renderAtom).join(', ')} }`;
    case 'range':
      return `${sign}${renderNumber(right.from, 'a number')}-${renderNumber(right.to, 'a number', right.from + 1)}`;
    case 'set':
      return `${sign}@${renderName(right.set, 'set')}`;
    case 'interface':
      return sign + renderInterface(right.name, right.prefix);
    case 'bits':
      return `and ${renderMask(right.mask)} ${op} 0`;
  }
}
