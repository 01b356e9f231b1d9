import type { Cluster, StoredObject } from './cluster.js';
import { keyOf } from './cluster.js';
import type { Kind } from './kinds.js';
import { jsonReply, listReply, statusReply, type Reply, type Request, type Status } from './reply.js';
import { fieldSelector, labelSelector, type Predicate } from './selectors.js';

/** The objects that a request is about. */
export function predicateOf(query: URLSearchParams, namespace: string | undefined): Predicate {
  const byLabel = labelSelector(query.get('labelSelector') ?? '');
  const byField = fieldSelector(query.get('fieldSelector') ?? '');
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) && byLabel(object) && byField(object);
}

function tooLarge(asked: string, current: number): Status {
  return {
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${asked}, current: ${String(current)}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  };
}

const continueExpired: Status = {
  code: 410,
  reason: 'Expired',
  message:
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
};

/** LIST: selectors, pages, and a version that the server must have reached. */
export function list(cluster: Cluster, kind: Kind, namespace: string | undefined, request: Request): Reply {
  const { query } = request;
  const asked = query.get('resourceVersion') ?? '';
  if (asked !== '' && Number(asked) > cluster.resourceVersion) {
    return statusReply(tooLarge(asked, cluster.resourceVersion), { 'retry-after': '1' });
  }
  const token = query.get('continue') ?? '';
  const limit = Number(query.get('limit') ?? '0');
  const place = token === '' ? { version: cluster.resourceVersion, start: '' } : decodeToken(token);
  if ('code' in place) return statusReply(place);
  const all = limit > 0 ? cluster.snapshot(kind.kind, place.version) : cluster.list(kind.kind);
  if (all === undefined) return statusReply(continueExpired);

  const matches = predicateOf(query, namespace);
  const rest = all.filter((object) => pathOf(object) >= place.start && matches(object));
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const remaining = rest.length - page.length;
  const last = page.at(-1);
  const hasSelector = query.has('labelSelector') || query.has('fieldSelector');
  const metadata = {
    resourceVersion: String(place.version),
    ...(remaining > 0 && last ? { continue: encodeToken(place.version, `${pathOf(last)}\0`) } : {}),
    // How many match a selector is not known before they have been read.
    ...(remaining > 0 && !hasSelector ? { remainingItemCount: remaining } : {}),
  };
  const head = JSON.stringify({ kind: `${kind.kind}List`, apiVersion: kind.apiVersion, metadata }).slice(0, -1);
  return listReply(`${head},"items":[${page.map(jsonOf).join(',')}]}\n`, request);
}

/** GET of one object. */
export function get(cluster: Cluster, kind: Kind, namespace: string | undefined, name: string): Reply {
  const object = cluster.get(kind.kind, namespace, name);
  if (object) return jsonReply(200, `${JSON.stringify({ kind: kind.kind, apiVersion: kind.apiVersion, ...object })}\n`);
  return statusReply({
    code: 404,
    reason: 'NotFound',
    message: `${kind.plural}${kind.group === '' ? '' : `.${kind.group}`} "${name}" not found`,
    details: { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural },
  });
}

const cache = new WeakMap<StoredObject, string>();

/** An object as an item of a list. */
export function jsonOf(object: StoredObject): string {
  let json = cache.get(object);
  if (json === undefined) cache.set(object, (json = JSON.stringify(object)));
  return json;
}

function pathOf(object: StoredObject): string {
  return keyOf(object.metadata.namespace, object.metadata.name);
}

/** The server's own form of a continue token: base64url without padding, of JSON as Go writes it. */
function encodeToken(version: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start })).toString('base64url');
}

function decodeToken(token: string): { readonly version: number; readonly start: string } | Status {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as { rv: number; start: string };
    return { version: rv, start };
  } catch {
    return {
      code: 400,
      reason: 'BadRequest',
      message: `invalid continue token: continue key is not valid: illegal base64 data at input byte ${String(token.length - 1)}`,
    };
  }
}
