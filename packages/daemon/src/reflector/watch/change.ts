/** Which state of which object. */
export interface ObjectVersion {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** What is known of an object. */
export interface Entry<T> extends ObjectVersion {
  /** `undefined` when the projection left the object out: it is known, but nobody is told. */
  readonly object: T | undefined;
}

/** What became of an object. */
export interface Change<T> {
  readonly key: string;
  readonly before: Entry<T> | undefined;
  readonly after: Entry<T> | undefined;
}

/** A change, to somebody who knows what was before. */
export type ObjectEvent<T> =
  { readonly type: 'set'; readonly object: T } | { readonly type: 'delete'; readonly object: T };

/** Adds a change to those that nobody has been told yet. Of an object, only the first and last state count. */
export function merge<T>(pending: Map<string, Change<T>>, change: Change<T>): void {
  const earlier = pending.get(change.key);
  pending.set(change.key, earlier ? { ...change, before: earlier.before } : change);
}

/** What to tell: another object under the same name is a delete and a set. `compareUids` can only be off in tests. */
export function eventsOf<T>(changes: Iterable<Change<T>>, compareUids: boolean): ObjectEvent<T>[] {
  const events: ObjectEvent<T>[] = [];
  for (const { before, after } of changes) {
    if (before === after) continue;
    const isOther = compareUids && before?.uid !== after?.uid;
    if (before?.object !== undefined && (after?.object === undefined || isOther)) {
      events.push({ type: 'delete', object: before.object });
    }
    if (after?.object !== undefined) events.push({ type: 'set', object: after.object });
  }
  return events;
}
