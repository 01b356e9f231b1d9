import { Readable } from 'node:stream';
import { parseAddress } from '@nftproxier/core';
import { json, plain } from '../http/index.js';
import type { Handler, HttpReply, Routes } from '../http/index.js';
import { collectDiagnostics } from './diagnostics.js';
import { listServices } from './pages.js';
import type { ListRequest } from './pages.js';
import { dump } from './plans.js';
import type { DumpLine, DumpRequest } from './plans.js';
import type { RunningProxy } from './running.js';
import { detailOf } from './services.js';
import { statusOf } from './status.js';
import { topOf } from './top.js';
import { nextTurn } from './walk.js';

/** How much of one answer: what is asked for if nothing is said, and at most. */
const limits = {
  services: { usual: 100, most: 1_000 },
  endpoints: { usual: 100, most: 10_000 },
  top: { usual: 20, most: 1_000 },
};

/** The JSON API of the debug address: all of it only reads. */
export function apiRoutes(proxy: RunningProxy): Routes {
  const handlers: readonly (readonly [string, Handler])[] = [
    ['/status', async () => show(statusOf(proxy, await collectDiagnostics(proxy.cluster().planner, nextTurn)))],
    [
      '/services',
      async ({ query }) => {
        const limit = countIn(query, 'limit', limits.services);
        if (limit === undefined) return wrongCount('limit', limits.services.most);
        return show(await listServices(proxy, { ...listRequestOf(query), limit }, nextTurn));
      },
    ],
    [
      '/services/',
      ({ path, query }) => {
        const endpoints = countIn(query, 'endpoints', limits.endpoints);
        if (endpoints === undefined) return wrongCount('endpoints', limits.endpoints.most);
        const detail = detailOf(proxy, path.slice('/services/'.length), endpoints);
        return detail === undefined
          ? plain(404, 'there is no such Service here: the path is /services/NAMESPACE/NAME\n')
          : show(detail);
      },
    ],
    [
      '/top',
      async ({ query }) => {
        const limit = countIn(query, 'limit', limits.top);
        if (limit === undefined) return wrongCount('limit', limits.top.most);
        return show(await topOf(proxy, limit, nextTurn));
      },
    ],
    ['/syncs', () => show({ syncs: proxy.history.records, programming: proxy.history.programming })],
    [
      '/plans',
      ({ query }) => {
        const request = dumpRequestOf(query);
        if (request === undefined) return plain(400, 'address must be an IP address and port a number up to 65535\n');
        const body = Readable.from(lines(dump(proxy, request)));
        return { status: 200, headers: { 'Content-Type': 'application/x-ndjson' }, body };
      },
    ],
  ];
  return new Map(handlers);
}

/** Which part of the list a query asks for: `search`, and `after` or `before` a name. */
export function listRequestOf(query: URLSearchParams): Omit<ListRequest, 'limit'> {
  const before = query.get('before') ?? '';
  return {
    search: query.get('search') ?? '',
    from: before === '' ? { after: query.get('after') ?? '' } : { before },
  };
}

function dumpRequestOf(query: URLSearchParams): DumpRequest | undefined {
  const service = query.get('service');
  const address = query.get('address');
  if (address === null) return service === null ? {} : { service };
  const parsed = parseAddress(address);
  const port = Number(query.get('port') ?? 0);
  if (parsed === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) return undefined;
  return { ...(service === null ? {} : { service }), destination: { address: parsed, port } };
}

/** A number of at least 1; undefined where the query has something else. */
function countIn(
  query: URLSearchParams,
  name: string,
  { usual, most }: { readonly usual: number; readonly most: number },
): number | undefined {
  const text = query.get(name) ?? String(usual);
  const count = /^\d{1,6}$/u.test(text) ? Number(text) : 0;
  return count >= 1 && count <= most ? count : undefined;
}

function wrongCount(name: string, most: number): HttpReply {
  return plain(400, `${name} must be a whole number from 1 to ${String(most)}\n`);
}

function show(value: unknown): HttpReply {
  return json(200, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** Text of at least this many characters goes out at once. */
const chunk = 64 * 1024;

async function* lines(dumped: Iterable<DumpLine | undefined>): AsyncGenerator<string> {
  let text = '';
  let passedOver = 0;
  for (const line of dumped) {
    if (line !== undefined) text += `${JSON.stringify(line)}\n`;
    else if (++passedOver % 2_000 === 0) await nextTurn();
    if (text.length < chunk) continue;
    yield text;
    text = '';
    await nextTurn();
  }
  yield text;
}
