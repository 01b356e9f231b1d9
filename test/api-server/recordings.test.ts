import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../packages/daemon/test/reflector/fake-clock.js';
import { objectsOf, recordedObjects, recording, recordings, type Recording } from './recordings.js';
import { ApiServer } from './server.js';
import { createApiServer } from './index.js';
import type { Outcome, Reply } from './reply.js';

/** The state that the recordings of lists show. */
const listedVersion = 381;

/** The rule of flow control, trace ids and times are this server's own. */
const volatileHeaders = ['audit-id', 'x-kubernetes-pf-flowschema-uid'];

/** The recorded cluster. It was at 412 when it was asked for a version in the future, and had forgotten what was before 429 at last. */
function recordedCluster(clock: FakeClock, request: Recording['request']): ApiServer {
  const api = new ApiServer({
    clock,
    tokens: { admin: 'admin', proxy: 'system:kube-proxy' },
    forbidden: ['system:kube-proxy list secrets'],
  });
  // In the order of creation, as etcd saw them.
  const objects = recordedObjects().sort(
    (a, b) => Number(a.metadata['resourceVersion']) - Number(b.metadata['resourceVersion']),
  );
  for (const object of objects) api.cluster.put(object, true);
  api.cluster.advance(listedVersion - api.cluster.resourceVersion);
  if (request.path.includes('999999999')) api.cluster.advance(412 - listedVersion);
  if (request.path.includes('resourceVersion=300')) {
    api.cluster.advance(429 - listedVersion);
    api.cluster.compact();
  }
  return api;
}

function tokenFor(name: string): string | undefined {
  if (name === 'unauthorized') return undefined;
  return name === 'forbidden' ? 'proxy' : 'admin';
}

function ask(api: ApiServer, { name, request }: Recording): Promise<Outcome> {
  const url = new URL(request.path, 'http://recorded');
  const token = tokenFor(name);
  return api.handle({
    method: request.method,
    path: url.pathname,
    query: url.searchParams,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: '',
  });
}

describe('the stand-in API server answers as the real one did', () => {
  const all = recordings();
  it('has recordings', () => expect(all.length).toBeGreaterThanOrEqual(18));

  it.each(all.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const clock = new FakeClock();
    const api = recordedCluster(clock, one.request);
    const outcome = await ask(api, one);
    expect(typeof outcome).not.toBe('string');
    const reply = outcome as Reply;
    expect(reply.status).toBe(one.response.status);
    expect(headersOf(reply.headers)).toEqual(headersOf(one.response.headers));
    expect(
      Object.keys(reply.headers)
        .filter((header) => volatileHeaders.includes(header))
        .sort(),
    ).toEqual(
      Object.keys(one.response.headers)
        .filter((header) => volatileHeaders.includes(header))
        .sort(),
    );
    const chunks: Buffer[] = [];
    let ended = false;
    reply.start({ write: (bytes) => chunks.push(bytes), end: () => (ended = true), cut: () => undefined });
    if (one.response.lines) await play(api, one, clock);
    expect(ended).toBe(true);
    const text = Buffer.concat(chunks).toString('utf8');
    if (one.response.lines) {
      expect(linesOf(text)).toEqual(one.response.lines.map(({ line }) => JSON.parse(line) as unknown));
    } else {
      // Letter by letter: order of fields, white space and all.
      expect(text).toBe(one.response.body);
    }
  });

  it('also over the network', async () => {
    const one = recording('services-list');
    const listening = await createApiServer({ objects: recordedObjects() });
    listening.api.cluster.advance(listedVersion - listening.api.cluster.resourceVersion);
    try {
      const response = await fetch(`${listening.url}${one.request.path}`);
      expect(await response.json()).toEqual(JSON.parse(one.response.body ?? ''));
      expect(response.headers.get('transfer-encoding')).toBe('chunked');
    } finally {
      await listening.close();
    }
  });

  it('knows all objects of the recordings', () => {
    expect(objectsOf(recording('services-list')).length).toBeGreaterThan(8);
  });
});

/** Lets the recorded changes happen at the recorded times. */
async function play(api: ApiServer, { response }: Recording, clock: FakeClock): Promise<void> {
  let now = 0;
  const advanceTo = async (seconds: number): Promise<void> => {
    await clock.advance(Math.max(0, seconds - now) * 1000);
    now = Math.max(now, seconds);
  };
  for (const { afterSeconds, line } of response.lines ?? []) {
    const { type, object } = JSON.parse(line) as { type: string; object: ReturnType<typeof objectsOf>[number] };
    if (afterSeconds === 0 || type === 'ERROR') continue;
    await advanceTo(afterSeconds);
    const version = Number(object.metadata['resourceVersion']);
    if (type === 'DELETED') api.cluster.delete(object.kind, object.metadata.namespace, object.metadata.name, version);
    else if (type !== 'BOOKMARK') api.cluster.put(object, true);
    else expect(api.cluster.resourceVersion).toBe(version);
  }
  await advanceTo(response.closedAfterSeconds ?? 0);
}

function linesOf(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

function headersOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  // The recorder left the length out.
  const left = new Set([...volatileHeaders, 'content-length']);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !left.has(name)));
}
