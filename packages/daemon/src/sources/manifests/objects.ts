import type { KubernetesObject } from '@nftproxier/core';
import { objectKinds } from '../source.js';
import type { Batch, ObjectEvent, ObjectKind } from '../source.js';
import type { ManifestObject } from './parse.js';

/** All objects of a directory's files, and which file each comes from. */
export class ManifestObjects {
  readonly #files = new Map<string, ReadonlyMap<string, Stored>>();
  readonly #counts = new Map<ObjectKind, number>(objectKinds.map((kind) => [kind, 0]));

  /** The names of the files known. */
  get files(): readonly string[] {
    return [...this.#files.keys()];
  }

  /** How many objects there are of each kind. */
  get counts(): ReadonlyMap<ObjectKind, number> {
    return this.#counts;
  }

  /**
   * Takes the objects of files that changed (undefined: the file is gone).
   *
   * @returns what that changes: nothing for an object that another file, first by name, defines too.
   */
  update(changes: ReadonlyMap<string, readonly ManifestObject[] | undefined>): Update {
    const touched = new Set<string>();
    const before = new Map<string, Stored>();
    for (const file of changes.keys()) for (const key of this.#files.get(file)?.keys() ?? []) touched.add(key);
    for (const objects of changes.values()) for (const object of objects ?? []) touched.add(keyOf(object));
    for (const key of touched) {
      const stored = this.#find(key)?.stored;
      if (stored !== undefined) before.set(key, stored);
    }
    for (const [file, objects] of changes) {
      if (objects === undefined) this.#files.delete(file);
      else this.#files.set(file, new Map(objects.map((object) => [keyOf(object), storedOf(object)])));
    }
    return this.#difference(touched, before);
  }

  /** Everything there is, as first batches of a source. */
  snapshot(): readonly Batch[] {
    const objects = new Map<ObjectKind, KubernetesObject[]>(objectKinds.map((kind) => [kind, []]));
    const keys = new Set([...this.#files.values()].flatMap((file) => [...file.keys()]));
    for (const key of keys) {
      const stored = this.#find(key)?.stored;
      if (stored !== undefined) objects.get(stored.kind)?.push(stored.object);
    }
    return [...objects].map(([kind, all]): Batch => ({ kind, type: 'replace', objects: all }));
  }

  #difference(touched: ReadonlySet<string>, before: ReadonlyMap<string, Stored>): Update {
    const events = new Map<ObjectKind, ObjectEvent[]>();
    const repeated: Repeated[] = [];
    for (const key of touched) {
      const found = this.#find(key);
      if (found !== undefined && found.others.length > 0)
        repeated.push({ key, file: found.file, ignored: found.others });
      const was = before.get(key);
      const is = found?.stored;
      if (was?.text === is?.text) continue;
      const event: ObjectEvent | undefined =
        is !== undefined
          ? { type: 'set', object: is.object }
          : was !== undefined
            ? { type: 'delete', object: was.object }
            : undefined;
      const kind = (is ?? was)?.kind;
      const more = (is === undefined ? 0 : 1) - (was === undefined ? 0 : 1);
      if (kind !== undefined) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + more);
      if (event !== undefined && kind !== undefined) events.set(kind, [...(events.get(kind) ?? []), event]);
    }
    return { batches: [...events].map(([kind, of]): Batch => ({ kind, type: 'delta', events: of })), repeated };
  }

  #find(
    key: string,
  ): { readonly stored: Stored; readonly file: string; readonly others: readonly string[] } | undefined {
    const holders = [...this.#files.keys()].filter((file) => this.#files.get(file)?.has(key)).sort();
    const [file, ...others] = holders;
    const stored = file === undefined ? undefined : this.#files.get(file)?.get(key);
    return stored === undefined || file === undefined ? undefined : { stored, file, others };
  }
}

/** An object that several files define: the first file by name counts. */
export interface Repeated {
  readonly key: string;
  readonly file: string;
  readonly ignored: readonly string[];
}

/** What a change of files comes to. */
export interface Update {
  readonly batches: readonly Batch[];
  readonly repeated: readonly Repeated[];
}

interface Stored {
  readonly kind: ObjectKind;
  readonly object: KubernetesObject;
  /** For comparison: an object that is written again unchanged is no change. */
  readonly text: string;
}

function storedOf({ kind, object }: ManifestObject): Stored {
  return { kind, object, text: JSON.stringify(object) };
}

function keyOf({ kind, object }: ManifestObject): string {
  return `${kind} ${object.metadata?.namespace ?? 'default'}/${object.metadata?.name ?? ''}`;
}
