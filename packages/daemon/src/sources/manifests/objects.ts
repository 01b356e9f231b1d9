import type { KubernetesObject } from '@nftproxier/core';
import { objectKinds } from '../source.js';
import type { Batch, ObjectEvent, ObjectKind } from '../source.js';
import type { ManifestObject } from './parse.js';

/** The objects of a file, by kind, namespace and name. */
export type FileObjects = ReadonlyMap<string, Stored>;

/** An object as it is kept. */
export interface Stored {
  readonly kind: ObjectKind;
  readonly object: KubernetesObject;
  /** For comparison: an object that is written again unchanged is no change. */
  readonly text: string;
}

/** The objects of a file as {@link ManifestObjects} takes them, one at each step. */
export function* storing(objects: readonly ManifestObject[]): Generator<undefined, FileObjects> {
  const stored = new Map<string, Stored>();
  for (const { kind, object } of objects) {
    stored.set(keyOf(kind, object), { kind, object, text: JSON.stringify(object) });
    yield;
  }
  return stored;
}

/** All objects of a directory's files, and which file each comes from. */
export class ManifestObjects {
  readonly #files = new Map<string, FileObjects>();
  /** The files that define an object, the first by name first. */
  readonly #definedBy = new Map<string, readonly string[]>();
  readonly #counts = new Map<ObjectKind, number>(objectKinds.map((kind) => [kind, 0]));

  /** How many objects there are of each kind. */
  get counts(): ReadonlyMap<ObjectKind, number> {
    return this.#counts;
  }

  /**
   * Takes the objects of files that changed (undefined: the file is gone), in steps.
   *
   * @returns what that changes: nothing for an object that another file, first by name, defines too.
   */
  *updating(changes: ReadonlyMap<string, FileObjects | undefined>): Generator<undefined, Update> {
    const before = new Map<string, Stored | undefined>();
    for (const [file, objects] of changes) {
      for (const of of [this.#files.get(file), objects]) {
        for (const key of of?.keys() ?? []) {
          before.set(key, this.#find(key));
          yield;
        }
      }
    }
    for (const [file, objects] of changes) yield* this.#replacing(file, objects);
    return yield* this.#comparing(before);
  }

  /** Everything there is, as first batches of a source. */
  snapshot(): readonly Batch[] {
    const objects = new Map<ObjectKind, KubernetesObject[]>(objectKinds.map((kind) => [kind, []]));
    for (const key of this.#definedBy.keys()) {
      const stored = this.#find(key);
      if (stored !== undefined) objects.get(stored.kind)?.push(stored.object);
    }
    return [...objects].map(([kind, all]): Batch => ({ kind, type: 'replace', objects: all }));
  }

  *#replacing(file: string, objects: FileObjects | undefined): Generator<undefined> {
    for (const key of this.#files.get(file)?.keys() ?? []) {
      const others = (this.#definedBy.get(key) ?? []).filter((other) => other !== file);
      if (others.length === 0) this.#definedBy.delete(key);
      else this.#definedBy.set(key, others);
      yield;
    }
    if (objects === undefined) this.#files.delete(file);
    else this.#files.set(file, objects);
    for (const key of objects?.keys() ?? []) {
      this.#definedBy.set(key, [...(this.#definedBy.get(key) ?? []), file].sort());
      yield;
    }
  }

  *#comparing(before: ReadonlyMap<string, Stored | undefined>): Generator<undefined, Update> {
    const events = new Map<ObjectKind, ObjectEvent[]>(objectKinds.map((kind) => [kind, []]));
    const repeated: Repeated[] = [];
    for (const [key, was] of before) {
      yield;
      const is = this.#find(key);
      const [file, ...ignored] = this.#definedBy.get(key) ?? [];
      if (file !== undefined && ignored.length > 0) repeated.push({ key, file, ignored });
      if (was?.text === is?.text) continue;
      if (was !== undefined) this.#count(was.kind, -1);
      if (is !== undefined) this.#count(is.kind, 1);
      if (is !== undefined) events.get(is.kind)?.push({ type: 'set', object: is.object });
      else if (was !== undefined) events.get(was.kind)?.push({ type: 'delete', object: was.object });
    }
    const batches = [...events].filter(([, of]) => of.length > 0);
    return { batches: batches.map(([kind, of]): Batch => ({ kind, type: 'delta', events: of })), repeated };
  }

  #count(kind: ObjectKind, more: number): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + more);
  }

  #find(key: string): Stored | undefined {
    const [file] = this.#definedBy.get(key) ?? [];
    return file === undefined ? undefined : this.#files.get(file)?.get(key);
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

function keyOf(kind: ObjectKind, { metadata }: KubernetesObject): string {
  return `${kind} ${metadata?.namespace ?? 'default'}/${metadata?.name ?? ''}`;
}
