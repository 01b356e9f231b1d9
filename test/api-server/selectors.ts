import type { StoredObject } from './cluster.js';

export type Predicate = (object: StoredObject) => boolean;

/** Kubernetes label selectors: `a`, `!a`, `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, joined by commas. */
export function labelSelector(text: string): Predicate {
  const terms = splitOutsideParentheses(text).map(labelTerm);
  return (object) => terms.every((term) => term(object.metadata.labels ?? {}));
}

/** Kubernetes field selectors: `path=value`, `path==value`, `path!=value`, joined by commas. */
export function fieldSelector(text: string): Predicate {
  const terms = text
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const [, path = '', operator = '', value = ''] = /^(.*?)(!=|==|=)(.*)$/.exec(term) ?? [];
      const keys = path.split('.');
      return (object: StoredObject): boolean => (field(object, keys) === value) === (operator !== '!=');
    });
  return (object) => terms.every((term) => term(object));
}

function field(object: unknown, keys: readonly string[]): string {
  const value = keys.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
  return typeof value === 'string' ? value : '';
}

function labelTerm(term: string): (labels: Readonly<Record<string, string>>) => boolean {
  const set = /^(\S+)\s+(in|notin)\s+\((.*)\)$/.exec(term);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => {
      const value = labels[key];
      return (value !== undefined && values.includes(value)) === (operator === 'in');
    };
  }
  if (term.startsWith('!')) return (labels) => labels[term.slice(1)] === undefined;
  const [, key = '', operator, value = ''] = /^(.*?)(!=|==|=)(.*)$/.exec(term) ?? [];
  if (operator === undefined) return (labels) => labels[term] !== undefined;
  return (labels) => (labels[key] === value) === (operator !== '!=');
}

function splitOutsideParentheses(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}
