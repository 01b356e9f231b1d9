import { endianness } from 'node:os';
import { keyText } from '../fake/index.js';
import type { Element, SetDeclaration } from '../syntax/index.js';
import type { TableModel } from '../table/model.js';
import type { Pause } from '../table/steps.js';
import { servedIn } from './desired.js';
import { keyOf } from './element-key.js';
import type { Placed } from './notes.js';

/** Elements that somebody touched, as they should be: those that should be there, and keys that should not. */
export interface TouchedElements {
  readonly wanted: readonly Placed[];
  readonly unwanted: readonly Placed[];
}

/**
 * What a model says of elements that somebody touched. It is looked for among all Services, with pauses: the model must not
 * change meanwhile. Undefined if a key cannot be read.
 */
export async function touchedElements(
  model: TableModel,
  sets: readonly (readonly [SetDeclaration, readonly Uint8Array[]])[],
  pause: Pause | undefined,
): Promise<TouchedElements | undefined> {
  const touched = new Map<string, Map<string, Element>>();
  for (const [{ name, key: type }, keys] of sets) {
    const elements = new Map<string, Element>();
    for (const bytes of keys) {
      const key = keyOf(type, bytes, endianness() === 'LE');
      if (key === undefined) return undefined;
      // A deletion needs no value.
      elements.set(keyText(key), { key });
    }
    touched.set(name, elements);
  }
  const wanted = new Map<string, Placed>();
  for (const placed of servedIn(model, touched)) {
    for (const { set, element } of placed) {
      const key = keyText(element.key);
      // Several Services may need the same one.
      if (touched.get(set)?.has(key) === true) wanted.set(`${set} ${key}`, [set, element]);
    }
    await pause?.();
  }
  const unwanted = [...touched].flatMap(([set, elements]) =>
    [...elements].filter(([key]) => !wanted.has(`${set} ${key}`)).map(([, element]): Placed => [set, element]),
  );
  return { wanted: [...wanted.values()], unwanted };
}
