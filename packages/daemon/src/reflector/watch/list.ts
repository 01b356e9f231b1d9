import { ApiStatusError, ReflectorError } from '../errors.js';
import type { ApiObject, Resource } from '../resource.js';
import type { Query } from '../transport/transport.js';
import { parseItem } from '../wire/event.js';
import { ItemSplitter, type ListEnvelope } from '../wire/items.js';
import { exchange, type Wire } from './exchange.js';
import type { Limits } from './limits.js';
import { isExpired } from './recovery.js';
import type { Slice } from './slice.js';

export interface ListRequest {
  readonly wire: Wire;
  readonly resource: Resource<unknown>;
  readonly limits: Limits;
  readonly signal: AbortSignal;
  readonly slice: Slice;
  /** Told of every object, in order. */
  readonly onObject: (object: ApiObject) => void;
  /** Everything told so far is void: the list begins again. */
  readonly onRestart: () => void;
}

/** The selectors of a resource as query parameters. */
export function selectors(resource: Resource<unknown>): Query {
  return {
    ...(resource.labelSelector === undefined ? {} : { labelSelector: resource.labelSelector }),
    ...(resource.fieldSelector === undefined ? {} : { fieldSelector: resource.fieldSelector }),
  };
}

/**
 * Makes a complete, consistent list, page by page, and returns its resource version. All pages show the state at the
 * first one; if the server forgets that state in between, the list is made once more, in one page.
 */
export async function list(request: ListRequest): Promise<string> {
  const { limits } = request;
  try {
    return await pages(request, limits.pageSize);
  } catch (error) {
    if (!(error instanceof ApiStatusError && isExpired(error))) throw error;
    request.onRestart();
    return pages(request, 0);
  }
}

async function pages(request: ListRequest, pageSize: number): Promise<string> {
  let token = '';
  for (;;) {
    const envelope = await page(request, {
      ...selectors(request.resource),
      ...(pageSize > 0 ? { limit: String(pageSize) } : {}),
      ...(token === '' ? {} : { continue: token }),
    });
    if (envelope.continue === '') return envelope.resourceVersion;
    token = envelope.continue;
  }
}

function page(request: ListRequest, query: Query): Promise<ListEnvelope> {
  const { wire, resource, limits, signal, slice, onObject } = request;
  const seconds = String(limits.listIdleMs / 1000);
  const silence = {
    ms: limits.listIdleMs,
    error: () =>
      new ReflectorError('idle', `the list of ${resource.path} from ${wire.transport.server} stalled for ${seconds} s`),
  };
  return exchange(
    wire,
    { path: resource.path, query, headersMs: limits.headersMs, signal },
    () => silence,
    async (chunks) => {
      const splitter = new ItemSplitter(limits.objectBytes);
      for await (const chunk of chunks) {
        for (const item of splitter.push(chunk)) {
          onObject(parseItem(item));
          if (slice.isOver()) await slice.next();
        }
      }
      return splitter.finish();
    },
  );
}
