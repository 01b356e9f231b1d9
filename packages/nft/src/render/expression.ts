import type { Expression } from '../syntax/index.js';
import { renderMask, renderNumber } from './atom.js';

/** What a rule looks at, e.g. `ip daddr . tcp dport`. */
export function renderExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'payload':
      return `${expression.protocol} ${expression.field}`;
    case 'meta':
      return `meta ${expression.key}`;
    case 'ct':
      return `ct ${expression.key}`;
    case 'fib':
      return `fib ${expression.address} ${expression.result}`;
    case 'numgen':
      return `numgen random mod ${renderNumber(expression.mod, 'a modulus', 1)}`;
    case 'jhash': {
      const mod = renderNumber(expression.mod, 'a modulus', 1);
      const seed = renderMask(expression.seed, 'a seed');
      return `jhash ${renderExpression(expression.of)} mod ${mod} seed ${seed}`;
    }
    case 'concat':
      return expression.parts.map(renderExpression).join(' . ');
  }
}
