import type { Atom, Element, Verdict } from '../syntax/index.js';

/** What nft's JSON holds, as far as it is read here: anything, until looked at. */
export type Json = unknown;

/** The objects of one kind in the output of `nft --json list`, e.g. the value of every `{"chain": …}`. */
export function objectsOf(output: Json, kind: string): readonly Json[] {
  const list = field(output, 'nftables');
  if (!Array.isArray(list)) return [];
  return list.map((object) => field(object, kind)).filter((object) => object !== undefined);
}

/** A field of an object; undefined of anything else. */
export function field(value: Json, name: string): Json {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, Json>>)[name] : undefined;
}

/** An element with what it has counted, in a set that counts. */
export interface ListedElement extends Element {
  /** Look-ups that found it, since it was added. */
  readonly packets?: number;
}

/**
 * An element as nft prints it, or undefined for one this package does not write. nft wraps a key in `{"elem": …}` when it
 * has a timer, counter or comment, a key of several parts in `{"concat": …}`; a map's elements are pairs of key and value.
 */
export function elementOf(json: Json): ListedElement | undefined {
  const [keyJson, valueJson] = Array.isArray(json) ? (json as readonly Json[]) : [json];
  const wrapped = field(keyJson, 'elem');
  const key = atomsOf(wrapped === undefined ? keyJson : field(wrapped, 'val'));
  if (key === undefined) return undefined;
  const value = valueJson === undefined ? undefined : (verdictOf(valueJson) ?? atomsOf(valueJson));
  if (valueJson !== undefined && value === undefined) return undefined;
  const timeout = field(wrapped, 'timeout');
  const expires = field(wrapped, 'expires');
  const packets = field(field(wrapped, 'counter'), 'packets');
  return {
    key,
    ...(value !== undefined && { value }),
    ...(typeof timeout === 'number' && { timeoutSeconds: timeout }),
    ...(typeof expires === 'number' && { expiresSeconds: expires }),
    ...(typeof packets === 'number' && { packets }),
  };
}

function atomsOf(json: Json): readonly Atom[] | undefined {
  const parts = field(json, 'concat');
  const atoms = (Array.isArray(parts) ? parts : [json]).map(atomOf);
  return atoms.some((atom) => atom === undefined) ? undefined : (atoms as readonly Atom[]);
}

function atomOf(json: Json): Atom | undefined {
  if (typeof json === 'string' || typeof json === 'number') return json;
  const prefix = field(json, 'prefix');
  const address = field(prefix, 'addr');
  const length = field(prefix, 'len');
  return typeof address === 'string' && typeof length === 'number' ? `${address}/${String(length)}` : undefined;
}

function verdictOf(json: Json): Verdict | undefined {
  for (const kind of ['goto', 'jump'] as const) {
    const chain = field(field(json, kind), 'target');
    if (typeof chain === 'string') return { kind, chain };
  }
  for (const kind of ['accept', 'drop', 'return'] as const) {
    if (field(json, kind) !== undefined) return { kind };
  }
  return undefined;
}
