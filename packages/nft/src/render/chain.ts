import type { Chain } from '../syntax/index.js';
import { RenderError } from './error.js';
import { renderName } from './name.js';

/** A chain without its rules: `NAME`, or for a base chain `NAME { type filter hook input priority 0; }`. */
export function renderChain({ name, base }: Chain): string {
  const text = renderName(name, 'chain');
  if (base === undefined) return text;
  const policy = base.policy === undefined ? '' : ` policy ${base.policy};`;
  return `${text} { type ${base.type} hook ${base.hook} priority ${renderPriority(base.priority)};${policy} }`;
}

function renderPriority(priority: number): string {
  if (Number.isInteger(priority) && Math.abs(priority) <= 0x7fff_ffff) return String(priority);
  throw new RenderError('NFT_RENDER_NUMBER', 'a priority', priority);
}
