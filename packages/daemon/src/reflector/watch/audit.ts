import { sleep } from '../clock.js';
import { list, type ListRequest } from './list.js';
import type { ObjectVersion } from './change.js';
import { objectKey, type Store } from './store.js';

/** A bookmark, at least, comes in this time, so that by then a watch has told what happened before. */
const settleMs = 75_000;

/**
 * Compares the store with a fresh list, while the watch goes on. Returns the keys of objects that differ although the
 * watch had the time to tell about them, or `undefined` when a relist in between made the comparison pointless.
 */
export async function audit(
  store: Store<unknown>,
  request: Omit<ListRequest, 'onObject' | 'onRestart'>,
): Promise<string[] | undefined> {
  const listed = new Map<string, ObjectVersion>();
  const touched = new Set<string>();
  const lists = store.lists;
  const isVoid = (): boolean => store.lists !== lists || request.signal.aborted;
  store.trackChanges(touched);
  try {
    await list({
      ...request,
      onObject: (object) => {
        const { uid, resourceVersion } = object.metadata;
        listed.set(objectKey(object), { uid: uid ?? '', resourceVersion });
      },
      onRestart: () => listed.clear(),
    });
    if (isVoid()) return undefined;
    if (differences(store.versions(), listed, touched).length === 0) return [];
    await sleep(request.wire.clock, settleMs, request.signal);
    return isVoid() ? undefined : differences(store.versions(), listed, touched);
  } finally {
    store.trackChanges(undefined);
  }
}

function differences(
  known: ReadonlyMap<string, ObjectVersion>,
  listed: ReadonlyMap<string, ObjectVersion>,
  touched: ReadonlySet<string>,
): string[] {
  const keys: string[] = [];
  for (const [key, { uid, resourceVersion }] of listed) {
    const own = known.get(key);
    if (!touched.has(key) && (own?.uid !== uid || own.resourceVersion !== resourceVersion)) keys.push(key);
  }
  for (const key of known.keys()) if (!touched.has(key) && !listed.has(key)) keys.push(key);
  return keys;
}
