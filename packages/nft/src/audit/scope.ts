import { mostKeys } from '../events/index.js';
import type { TableChange } from '../events/index.js';

/** What an audit looks at: `everything`, or what somebody is known to have changed. */
export type AuditScope = 'everything' | ChangedPart;

/** What somebody is known to have changed. */
export interface ChangedPart {
  /** Chains, rules, sets and maps. */
  readonly structure: boolean;
  /** Keys of elements, by set, as the kernel writes them. */
  readonly elements: TableChange['elements'];
}

/** What to look at after a change. */
export function scopeOf({ isStructural, elements, hasMore }: Omit<TableChange, 'table' | 'by'>): AuditScope {
  return hasMore ? 'everything' : { structure: isStructural, elements };
}

/** What to look at after both. */
export function joinScopes(first: AuditScope | undefined, second: AuditScope): AuditScope {
  if (first === undefined) return second;
  if (first === 'everything' || second === 'everything') return 'everything';
  const elements = new Map(first.elements);
  for (const [set, keys] of second.elements) elements.set(set, [...(elements.get(set) ?? []), ...keys]);
  const count = [...elements.values()].reduce((sum, keys) => sum + keys.length, 0);
  return count > mostKeys ? 'everything' : { structure: first.structure || second.structure, elements };
}
