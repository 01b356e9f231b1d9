import { randomUUID } from 'node:crypto';
import type { Cluster, NewObject } from './cluster.js';
import type { Kind } from './kinds.js';
import { jsonReply, statusReply, type Reply, type Request } from './reply.js';

/** POST and PATCH, for Events only: nothing else is written by a service proxy. */
export function writeEvent(
  cluster: Cluster,
  kind: Kind,
  namespace: string | undefined,
  name: string | undefined,
  request: Request,
): Reply {
  if (kind.kind !== 'Event') return notAllowed(kind);
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(request.body) as Record<string, unknown>;
  } catch {
    return statusReply({ code: 400, reason: 'BadRequest', message: 'the body is not JSON' });
  }
  if (request.method === 'POST' && name === undefined) return create(cluster, kind, namespace, body);
  if (request.method === 'PATCH' && name !== undefined) return patch(cluster, kind, namespace, name, body);
  return notAllowed(kind);
}

function create(
  cluster: Cluster,
  kind: Kind,
  namespace: string | undefined,
  body: Readonly<Record<string, unknown>>,
): Reply {
  const given = (body['metadata'] ?? {}) as Record<string, unknown>;
  const prefix = typeof given['generateName'] === 'string' ? given['generateName'] : '';
  const name = typeof given['name'] === 'string' ? given['name'] : `${prefix}${randomUUID().slice(0, 5)}`;
  if (cluster.get(kind.kind, namespace, name)) {
    return statusReply({ code: 409, reason: 'AlreadyExists', message: `events "${name}" already exists` });
  }
  const metadata = { ...given, name, ...(namespace === undefined ? {} : { namespace }) };
  return jsonReply(201, `${JSON.stringify(cluster.put({ ...body, kind: kind.kind, metadata }))}\n`);
}

function patch(
  cluster: Cluster,
  kind: Kind,
  namespace: string | undefined,
  name: string,
  body: Readonly<Record<string, unknown>>,
): Reply {
  const before = cluster.get(kind.kind, namespace, name);
  if (!before) return statusReply({ code: 404, reason: 'NotFound', message: `events "${name}" not found` });
  const merged = merge(before, body) as NewObject;
  return jsonReply(200, `${JSON.stringify(cluster.put({ ...merged, kind: kind.kind }))}\n`);
}

/** JSON merge patch, RFC 7396. */
function merge(target: unknown, change: unknown): unknown {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change;
  const result = new Map(Object.entries((target ?? {}) as Record<string, unknown>));
  for (const [key, value] of Object.entries(change)) {
    if (value === null) result.delete(key);
    else result.set(key, merge(result.get(key), value));
  }
  return Object.fromEntries(result);
}

function notAllowed(kind: Kind): Reply {
  return statusReply({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: { kind: kind.plural },
  });
}
