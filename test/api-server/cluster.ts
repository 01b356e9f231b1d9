import { randomUUID } from 'node:crypto';
import { kindNamed } from './kinds.js';

/** An object as it is stored: JSON, with what every object has. */
export interface StoredObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** An object to be stored; what is missing of its metadata is made up. */
export interface NewObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resourceVersion: number;
  /** After the change; of a deleted object, its last state in the version of the deletion. */
  readonly object: StoredObject;
  readonly before: StoredObject | undefined;
}

interface Collection {
  objects: Map<string, StoredObject>;
  history: Change[];
  readonly listeners: Set<(change: Change) => void>;
}

/** What an API server keeps in etcd, and the history it keeps of it. */
export class Cluster {
  #collections = new Map<string, Collection>();
  #resourceVersion: number;
  /** Watches from versions before this one are too old. */
  #oldest: number;
  readonly #snapshots = new Map<string, readonly StoredObject[]>();

  constructor(resourceVersion = 1) {
    this.#resourceVersion = resourceVersion;
    this.#oldest = resourceVersion;
  }

  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  get oldest(): number {
    return this.#oldest;
  }

  /** Creates or changes. With `resourceVersion` in the metadata and `exact`, in exactly that version. */
  put(object: NewObject, exact = false): StoredObject {
    const collection = this.#collection(object.kind);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const given = object.metadata['uid'];
    const existing = collection.objects.get(key);
    const uid = typeof given === 'string' ? given : (existing?.metadata.uid ?? randomUUID());
    // Another uid under the same name is another object: the old one goes first.
    if (existing && existing.metadata.uid !== uid)
      this.delete(object.kind, object.metadata.namespace, object.metadata.name);
    const before = collection.objects.get(key);
    const version = exact ? Number(object.metadata['resourceVersion']) : this.#resourceVersion + 1;
    this.#resourceVersion = Math.max(version, this.#resourceVersion);
    const stored: StoredObject = {
      ...withoutType(object),
      metadata: { ...object.metadata, uid, resourceVersion: String(version) },
    };
    collection.objects.set(key, stored);
    this.#record(collection, before ? 'MODIFIED' : 'ADDED', stored, before);
    return stored;
  }

  /** Returns the last state, in the version of the deletion; `undefined` if there was none. */
  delete(kind: string, namespace: string | undefined, name: string, exactVersion?: number): StoredObject | undefined {
    const collection = this.#collection(kind);
    const key = keyOf(namespace, name);
    const before = collection.objects.get(key);
    if (!before) return undefined;
    this.#resourceVersion = exactVersion ?? this.#resourceVersion + 1;
    const last = { ...before, metadata: { ...before.metadata, resourceVersion: String(this.#resourceVersion) } };
    collection.objects.delete(key);
    this.#record(collection, 'DELETED', last, before);
    return last;
  }

  get(kind: string, namespace: string | undefined, name: string): StoredObject | undefined {
    return this.#collection(kind).objects.get(keyOf(namespace, name));
  }

  /** Everything of a kind, in etcd's order. */
  list(kind: string): readonly StoredObject[] {
    return [...this.#collection(kind).objects.entries()].sort(byKey).map(([, object]) => object);
  }

  /** As `list`, but the same answer again as long as the version is kept; for pages. */
  snapshot(kind: string, resourceVersion: number): readonly StoredObject[] | undefined {
    const id = `${kind}@${String(resourceVersion)}`;
    if (resourceVersion === this.#resourceVersion && !this.#snapshots.has(id)) this.#snapshots.set(id, this.list(kind));
    return this.#snapshots.get(id);
  }

  /** Changes after a version; `undefined` if some of them are forgotten. */
  changesSince(kind: string, resourceVersion: number): readonly Change[] | undefined {
    if (resourceVersion < this.#oldest) return undefined;
    const { history } = this.#collection(kind);
    // The latest is what is asked for nearly always.
    let from = history.length;
    while (from > 0 && (history[from - 1] as Change).resourceVersion > resourceVersion) from--;
    return history.slice(from);
  }

  /** Calls `listener` on every change of a kind, until the returned function is called. */
  subscribe(kind: string, listener: (change: Change) => void): () => void {
    const { listeners } = this.#collection(kind);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Forgets all history and all pages, as etcd's compaction does. */
  compact(): void {
    this.#oldest = this.#resourceVersion;
    this.#snapshots.clear();
    for (const collection of this.#collections.values()) collection.history = [];
  }

  /** A copy of what is stored, to be restored. */
  backup(): { readonly resourceVersion: number; readonly objects: ReadonlyMap<string, readonly StoredObject[]> } {
    const objects = new Map([...this.#collections.keys()].map((kind) => [kind, this.list(kind)] as const));
    return { resourceVersion: this.#resourceVersion, objects };
  }

  /** Puts back what was stored, versions included; nobody who watches is told. */
  restore(backup: ReturnType<Cluster['backup']>, resourceVersion = backup.resourceVersion): void {
    this.#resourceVersion = resourceVersion;
    this.compact();
    for (const collection of this.#collections.values()) collection.objects = new Map();
    for (const [kind, objects] of backup.objects) {
      const collection = this.#collection(kind);
      for (const object of objects) {
        collection.objects.set(keyOf(object.metadata.namespace, object.metadata.name), object);
      }
    }
  }

  /** Versions move on, through changes of other resources. */
  advance(versions: number): void {
    this.#resourceVersion += versions;
  }

  #record(collection: Collection, type: Change['type'], object: StoredObject, before: StoredObject | undefined): void {
    const change = { type, resourceVersion: Number(object.metadata.resourceVersion), object, before };
    collection.history.push(change);
    for (const listener of collection.listeners) listener(change);
  }

  #collection(kind: string): Collection {
    const known = this.#collections.get(kind);
    if (known) return known;
    kindNamed(kind);
    const collection: Collection = { objects: new Map(), history: [], listeners: new Set() };
    this.#collections.set(kind, collection);
    return collection;
  }
}

export function keyOf(namespace: string | undefined, name: string): string {
  return `/${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Lists leave out what they already say about all items. */
function withoutType(object: NewObject): Record<string, unknown> {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}
