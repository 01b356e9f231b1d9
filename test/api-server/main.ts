/**
 * The stand-in as a process of its own:
 *
 *     node test/api-server/dist/main.js [--listen HOST:PORT] [--objects FILE]... [--services N --slices N --endpoints N]
 *         [--bookmark-ms N]
 *
 * Prints its address as a line of JSON, then takes commands as lines of JSON and answers each with a line: `{"put":
 * OBJECT}`, `{"delete": {"kind", "namespace", "name"}}`, `{"mute": BOOLEAN}`, `{"burst": {"events": N, "perSecond": N}}`,
 * `{"requests": true}`, `{"digest": KIND}`. Ends when its standard input does.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { NewObject, StoredObject } from './cluster.js';
import { generate } from './generate.js';
import { createApiServer, type ListeningApiServer } from './index.js';
import { jsonOf } from './list.js';
import { objectsFromManifests } from './recordings.js';

interface Command {
  readonly put?: NewObject;
  readonly delete?: { readonly kind: string; readonly namespace?: string; readonly name: string };
  readonly mute?: boolean;
  readonly burst?: { readonly events: number; readonly perSecond: number };
  readonly requests?: boolean;
  readonly digest?: string;
}

const { values } = parseArgs({
  options: {
    listen: { type: 'string', default: '127.0.0.1:0' },
    objects: { type: 'string', multiple: true, default: [] },
    services: { type: 'string', default: '0' },
    slices: { type: 'string', default: '1' },
    endpoints: { type: 'string', default: '10' },
    'bookmark-ms': { type: 'string', default: '60000' },
  },
});

const [, host = '127.0.0.1', port = '0'] = /^(.*):(\d+)$/.exec(values.listen) ?? [];
const server = await createApiServer({
  host: host.replace(/^\[|\]$/g, ''),
  port: Number(port),
  bookmarkMs: Number(values['bookmark-ms']),
  objects: values.objects.flatMap((file) => objectsFromManifests(readFileSync(file, 'utf8'))),
});
const size = {
  services: Number(values.services),
  slices: Number(values.slices),
  endpoints: Number(values.endpoints),
};
// Written out before anybody asks, as a real one has what it read from etcd: who measures a client waits for no server.
for (const object of generate(size)) jsonOf(server.api.put(object));
print({ url: server.url });

for await (const line of createInterface({ input: process.stdin })) {
  print(await obey(server, JSON.parse(line) as Command));
}
await server.close();

async function obey({ api }: ListeningApiServer, command: Command): Promise<object> {
  if (command.put) return { resourceVersion: api.put(command.put).metadata.resourceVersion };
  if (command.delete) api.delete(command.delete.kind, command.delete.namespace, command.delete.name);
  if (command.mute !== undefined) api.mute(command.mute);
  if (command.burst) await burst(command.burst);
  if (command.requests === true) return { requests: api.requests };
  if (command.digest !== undefined) return digest(api.objects(command.digest));
  return { resourceVersion: String(api.cluster.resourceVersion) };
}

/** Enough to tell one state of a kind from another. */
function digest(objects: readonly StoredObject[]): object {
  const versions = objects.reduce((sum, { metadata }) => sum + Number(metadata.resourceVersion), 0);
  return { objects: objects.length, versions };
}

/** Changes endpoints, at an even rate; each change is to the next slice. */
async function burst({ events, perSecond }: NonNullable<Command['burst']>): Promise<void> {
  const slices = server.api.objects('EndpointSlice').map((object) => object.metadata.name);
  const began = performance.now();
  for (let sent = 0; sent < events;) {
    const due = Math.min(events, Math.ceil(((performance.now() - began) / 1000) * perSecond));
    for (; sent < due; sent++) {
      const slice = server.api.cluster.get('EndpointSlice', 'shop', slices[sent % slices.length] ?? '');
      if (!slice) continue;
      const endpoints = (slice['endpoints'] as object[]).map((endpoint, index) =>
        index === 0 ? { ...endpoint, conditions: { ready: sent % 2 === 0 } } : endpoint,
      );
      server.api.put({ ...slice, kind: 'EndpointSlice', endpoints });
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
