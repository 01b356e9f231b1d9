import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

/** A request, as far as the routes of a service proxy look at it. */
export interface HttpRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  /** Reads the body as text; rejects with a {@link BodyTooLargeError} above 64 KiB. */
  readonly text: () => Promise<string>;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** An answer. */
export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | Readable;
}

/** Answers a request. */
export type Handler = (request: HttpRequest) => HttpReply | Promise<HttpReply>;

/** Handlers by path. A path that ends in a slash also takes everything below it; the longest one counts. */
export type Routes = ReadonlyMap<string, Handler>;

/** The body of a request is larger than any that is expected. */
class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
  readonly code = 'BODY_TOO_LARGE';
}

const nosniff = { 'X-Content-Type-Options': 'nosniff' };

/** An answer in plain text, ended by a line break, as Go's servers write their errors. */
export const plain = (status: number, text: string): HttpReply => ({
  status,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', ...nosniff },
  body: text,
});

/** An answer in JSON. */
export const json = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpReply => ({
  status,
  headers: { 'Content-Type': 'application/json', ...nosniff, ...headers },
  body,
});

const mostBody = 64 * 1024;

const readText = async (message: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBody)
      throw new BodyTooLargeError(`the body of the request is larger than ${String(mostBody)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const handlerFor = (routes: Routes, path: string): Handler | undefined => {
  const exact = routes.get(path);
  if (exact !== undefined) return exact;
  const below = [...routes.keys()].filter((prefix) => prefix.endsWith('/') && path.startsWith(prefix));
  const longest = below.toSorted((a, b) => b.length - a.length)[0];
  return longest === undefined ? undefined : routes.get(longest);
};

/** Writes an answer; of a known length, as Go's servers do for short ones. */
export const send = (response: ServerResponse, { status, headers = {}, body }: HttpReply): void => {
  if (response.headersSent || response.destroyed) return;
  if (typeof body === 'string' || body instanceof Uint8Array) {
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
    return;
  }
  response.writeHead(status, headers);
  body.once('error', () => response.destroy());
  response.once('close', () => body.destroy());
  body.pipe(response);
};

/** Answers requests by these routes: 404 for other paths, 500 where a handler fails, which is reported. */
export const requestListener =
  (routes: Routes, failed: (error: unknown, path: string) => void = () => undefined): RequestListener =>
  (message, response) => {
    const answer = async (): Promise<HttpReply> => {
      // The target is only ever a path here; what is not one (an absolute form, `*`) has no route.
      const [path = '', search = ''] = (message.url ?? '').split(/\?(.*)/su);
      const handler = handlerFor(routes, path);
      if (handler === undefined) return plain(404, '404 page not found\n');
      const gone = new AbortController();
      response.once('close', () => {
        gone.abort();
      });
      try {
        return await handler({
          method: message.method ?? 'GET',
          path,
          query: new URLSearchParams(search),
          accept: message.headers.accept ?? '',
          text: () => readText(message),
          signal: gone.signal,
        });
      } catch (error) {
        if (error instanceof BodyTooLargeError) return plain(413, `${error.message}\n`);
        failed(error, path);
        return plain(500, 'internal error\n');
      }
    };
    void answer().then((reply) => {
      // A body that nobody read would be taken for the next request.
      message.resume();
      send(response, reply);
    });
  };
