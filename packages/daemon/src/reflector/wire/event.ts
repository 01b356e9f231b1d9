import { isAscii, isUtf8 } from 'node:buffer';
import { ReflectorError, excerpt } from '../errors.js';
import type { ApiObject } from '../resource.js';
import { withoutManagedFields } from './managed-fields.js';

/** One line of a watch. */
export type WatchEvent =
  | { readonly type: 'set' | 'delete'; readonly object: ApiObject }
  | { readonly type: 'bookmark'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }
  /** `status` is a Kubernetes Status object. */
  | { readonly type: 'error'; readonly status: unknown };

const initialEventsEnd = 'k8s.io/initial-events-end';

/** Reads a line of a watch of `kind`. Throws `bad-line` for anything that is not an event of that kind. */
export function parseEvent(line: Buffer, kind: string): WatchEvent {
  const event = parseObject(line) as { type?: unknown; object?: unknown };
  const object = event.object as Partial<ApiObject> | null | undefined;
  if (event.type === 'ERROR') return { type: 'error', status: object };
  if (typeof object !== 'object' || object === null) throw bad('it has no object', line);
  if (object.kind !== undefined && object.kind !== kind) throw bad(`its object is not a ${kind}`, line);
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
      return { type: 'set', object: requireIdentity(object, line) };
    case 'DELETED':
      return { type: 'delete', object: requireIdentity(object, line) };
    case 'BOOKMARK':
      return bookmark(object, line);
    default:
      throw bad('its type is unknown', line);
  }
}

/** Reads an item of a list. Throws `bad-list`: a list with an unreadable item is not a list to go by. */
export function parseItem(bytes: Buffer): ApiObject {
  try {
    return requireIdentity(parseObject(bytes), bytes);
  } catch (cause) {
    if (cause instanceof ReflectorError) {
      throw new ReflectorError('bad-list', `an item of the list is unreadable: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

function parseObject(bytes: Buffer): object {
  // Nearly all of what a server sends is ASCII, which is read faster.
  const encoding = isAscii(bytes) ? 'latin1' : 'utf8';
  if (encoding === 'utf8' && !isUtf8(bytes)) throw bad('it is not UTF-8', bytes);
  let value: unknown;
  try {
    value = JSON.parse(withoutManagedFields(bytes, encoding));
  } catch {
    throw bad('it is not JSON', bytes);
  }
  if (typeof value !== 'object' || value === null) throw bad('it is not an object', bytes);
  return value;
}

function requireIdentity(object: Partial<ApiObject>, bytes: Buffer): ApiObject {
  const { name, resourceVersion } = object.metadata ?? {};
  if (typeof name !== 'string' || name === '') throw bad('its object has no name', bytes);
  if (typeof resourceVersion !== 'string' || resourceVersion === '') {
    throw bad('its object has no resource version', bytes);
  }
  return object as ApiObject;
}

function bookmark(object: Partial<ApiObject>, line: Buffer): WatchEvent {
  const { resourceVersion, annotations } = object.metadata ?? {};
  if (typeof resourceVersion !== 'string' || resourceVersion === '') throw bad('it has no resource version', line);
  return { type: 'bookmark', resourceVersion, initialEventsEnd: annotations?.[initialEventsEnd] === 'true' };
}

function bad(problem: string, line: Buffer): ReflectorError {
  const text = excerpt(line.toString('utf8', 0, 300), 120);
  return new ReflectorError('bad-line', `a line is not an event: ${problem}: ${text}`);
}
