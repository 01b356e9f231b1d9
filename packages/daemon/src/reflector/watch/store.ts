import { ReflectorError } from '../errors.js';
import type { ApiObject, Resource } from '../resource.js';
import type { Change, Entry, ObjectVersion } from './change.js';
import type { Protections } from './protections.js';
import { compareResourceVersions, later, notNewer } from './version.js';

/** Everything a complete list said. */
export type Snapshot<T> = Map<string, Entry<T>>;

/** `namespace/name`, or `/name` for objects without a namespace. */
export function objectKey(object: ApiObject): string {
  // Not a template, which would keep its parts beside the text.
  return [object.metadata.namespace ?? '', object.metadata.name].join('/');
}

/**
 * What is known of a resource, and how far.
 *
 * - `resourceVersion` is where a watch is to be resumed; it never decreases, except by `reset`.
 * - `floor` is the version up to which everything is known: an event at or below it is stale, whatever it is about.
 * - Deleted objects are remembered until the floor passes them, so that a late event does not bring them back.
 */
export class Store<T> {
  readonly #project: Resource<T>['project'];
  readonly #unusable: (object: ApiObject, thrown: unknown) => void;
  readonly #protections: Protections;
  #entries: Snapshot<T> = new Map();
  readonly #deleted = new Map<string, string>();
  #resourceVersion: string | undefined;
  #floor: string | undefined;
  #comparable = true;
  #touched: Set<string> | undefined;
  #lists = 0;

  /** `unusable` is told of objects whose projection threw. */
  constructor(
    project: Resource<T>['project'],
    unusable: (object: ApiObject, thrown: unknown) => void,
    protections: Protections,
  ) {
    this.#project = project;
    this.#unusable = unusable;
    this.#protections = protections;
  }

  get resourceVersion(): string | undefined {
    return this.#resourceVersion;
  }

  /** Number of objects, those left out by the projection included. */
  get size(): number {
    return this.#entries.size;
  }

  objects(): T[] {
    const objects: T[] = [];
    for (const entry of this.#entries.values()) if (entry.object !== undefined) objects.push(entry.object);
    return objects;
  }

  /** Key and version of everything known. */
  versions(): Map<string, ObjectVersion> {
    return new Map(this.#entries);
  }

  /** Complete lists so far. */
  get lists(): number {
    return this.#lists;
  }

  /** Adds the keys that events change to `keys` from now on; `undefined` ends that. */
  trackChanges(keys: Set<string> | undefined): void {
    this.#touched = keys;
  }

  /** Adds an object of a list under way. An object that is already known in this version is kept, not projected anew. */
  collect(snapshot: Snapshot<T>, object: ApiObject): void {
    const key = objectKey(object);
    const before = snapshot.get(key);
    if (before && isOlder(object.metadata.resourceVersion, before.resourceVersion)) return;
    const known = this.#comparable ? this.#entries.get(key) : undefined;
    snapshot.set(key, known && isSame(known, object) ? known : this.#entry(object));
  }

  /** Removes an object from a list under way: a WatchList may report deletions before its end. */
  discard(snapshot: Snapshot<T>, object: ApiObject): void {
    const key = objectKey(object);
    const before = snapshot.get(key);
    if (before && !isOlder(object.metadata.resourceVersion, before.resourceVersion)) snapshot.delete(key);
  }

  /**
   * Makes a complete list what is known. Returns what that changes: deletions first. Throws `went-back` for a list
   * older than what is known, unless told by `reset` to expect it.
   */
  replace(snapshot: Snapshot<T>, resourceVersion: string): Change<T>[] {
    if (this.#comparable && this.#isBehind(resourceVersion)) {
      throw wentBack(resourceVersion, this.#floor ?? '');
    }
    const changes: Change<T>[] = [];
    for (const [key, before] of this.#entries) {
      if (!snapshot.has(key)) changes.push({ key, before, after: undefined });
    }
    for (const [key, after] of snapshot) {
      const before = this.#entries.get(key);
      if (after !== before) changes.push({ key, before, after });
    }
    this.#entries = snapshot;
    this.#deleted.clear();
    this.#comparable = true;
    this.#lists++;
    this.#resourceVersion = resourceVersion;
    this.#floor = resourceVersion;
    return changes;
  }

  /** Applies an event of a watch. `undefined` means that it was stale. */
  apply(type: 'set' | 'delete', object: ApiObject): Change<T> | undefined {
    const key = objectKey(object);
    const { resourceVersion } = object.metadata;
    if (this.isStale(key, resourceVersion)) return undefined;
    this.#touched?.add(key);
    this.#resourceVersion =
      this.#resourceVersion === undefined ? resourceVersion : later(this.#resourceVersion, resourceVersion);
    const before = this.#entries.get(key);
    if (type === 'delete') {
      this.#entries.delete(key);
      if (this.#protections.rememberDeleted) this.#deleted.set(key, resourceVersion);
      return { key, before, after: undefined };
    }
    const after = this.#entry(object);
    this.#entries.set(key, after);
    this.#deleted.delete(key);
    return { key, before, after };
  }

  /** Whether an event at `resourceVersion` about `key` tells nothing new. */
  isStale(key: string, resourceVersion: string): boolean {
    if (!this.#protections.dropStaleEvents) return false;
    const known = this.#entries.get(key)?.resourceVersion ?? this.#deleted.get(key);
    return (
      (known !== undefined && notNewer(resourceVersion, known)) ||
      (this.#floor !== undefined && notNewer(resourceVersion, this.#floor))
    );
  }

  /** The server has told everything up to `resourceVersion`. Throws `went-back` when it had already told more. */
  bookmark(resourceVersion: string): void {
    if (this.#isBehind(resourceVersion)) {
      throw wentBack(resourceVersion, this.#floor ?? '');
    }
    this.#resourceVersion =
      this.#resourceVersion === undefined ? resourceVersion : later(this.#resourceVersion, resourceVersion);
    this.#floor = resourceVersion;
    for (const [key, deletedAt] of this.#deleted) if (notNewer(deletedAt, resourceVersion)) this.#deleted.delete(key);
  }

  /** A watch begins at `resourceVersion`: the server leaves out what came before. */
  resume(): void {
    if (this.#resourceVersion !== undefined) this.bookmark(this.#resourceVersion);
  }

  /**
   * Forgets where to resume, so that a new list is made; objects stay until it is complete. With `wentBack`, versions
   * told so far mean nothing any more: the same version may stand for other content.
   */
  reset(wentBack: boolean): void {
    this.#resourceVersion = undefined;
    if (wentBack) this.#comparable = false;
  }

  #isBehind(resourceVersion: string): boolean {
    return this.#protections.noticeWentBack && this.#floor !== undefined && isOlder(resourceVersion, this.#floor);
  }

  #entry(object: ApiObject): Entry<T> {
    const { uid, resourceVersion } = object.metadata;
    let projected: T | undefined;
    try {
      projected = this.#project(object);
    } catch (thrown) {
      this.#unusable(object, thrown);
    }
    return { uid: uid ?? '', resourceVersion, object: projected };
  }
}

function wentBack(to: string, from: string): ReflectorError {
  return new ReflectorError('went-back', `the API server went back from resource version ${from} to ${to}`);
}

function isSame(entry: Entry<unknown>, object: ApiObject): boolean {
  return entry.resourceVersion === object.metadata.resourceVersion && entry.uid === (object.metadata.uid ?? '');
}

function isOlder(version: string, than: string): boolean {
  const order = compareResourceVersions(version, than);
  return order !== undefined && order < 0;
}
