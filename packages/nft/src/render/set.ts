import type { Atom, Element, SetDeclaration } from '../syntax/index.js';
import { renderAtom, renderNumber, renderSeconds } from './atom.js';
import { renderExpression } from './expression.js';
import { renderName } from './name.js';
import { renderVerdict } from './statement.js';

/** A set or map: `map NAME { typeof KEY : VALUE; }`. */
export function renderSetDeclaration(set: SetDeclaration): string {
  return `${kindOf(set)} ${renderSetBody(set)}`;
}

/** A set or map without the word that says which: `NAME { typeof KEY; }`. */
export function renderSetBody(set: SetDeclaration): string {
  const value = set.value === undefined ? '' : ` : ${renderValueType(set.value)}`;
  let body = `typeof ${renderExpression(set.key)}${value};`;
  if (set.flags !== undefined && set.flags.length > 0) body += ` flags ${set.flags.join(',')};`;
  if (set.timeoutSeconds !== undefined) body += `${renderSeconds('timeout', set.timeoutSeconds)};`;
  if (set.size !== undefined) body += ` size ${renderNumber(set.size, 'a size', 1)};`;
  if (set.counter === true) body += ' counter;';
  return `${renderName(set.name, kindOf(set))} { ${body} }`;
}

/** nft's word for a declaration: with values it is a map. */
export function kindOf(set: SetDeclaration): 'set' | 'map' {
  return set.value === undefined ? 'set' : 'map';
}

/** An element as it is added: `10.96.0.1 . 80 . 0 : 10.244.0.11 . 8080`. */
export function renderElement(element: Element): string {
  const { value, timeoutSeconds, expiresSeconds } = element;
  let text = renderKey(element.key);
  if (timeoutSeconds !== undefined) text += renderSeconds('timeout', timeoutSeconds);
  if (expiresSeconds !== undefined) text += renderSeconds('expires', expiresSeconds);
  if (value === undefined) return text;
  return `${text} : ${'kind' in value ? renderVerdict(value) : renderKey(value)}`;
}

/** The key of an element, or a value of several parts. */
export function renderKey(parts: readonly Atom[]): string {
  let text = renderAtom(parts[0] ?? '');
  for (let index = 1; index < parts.length; index++) text += ` . ${renderAtom(parts[index] ?? '')}`;
  return text;
}

function renderValueType(value: NonNullable<SetDeclaration['value']>): string {
  return value === 'verdict' ? value : renderExpression(value);
}
