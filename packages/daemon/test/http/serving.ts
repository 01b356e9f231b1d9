import { request } from 'node:http';
import type { RequestListener } from 'node:http';
import { listen, type ListeningServer, requestListener, type Routes } from '../../src/http/index.js';

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends one request. */
export const ask = (
  port: number,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
    host = '127.0.0.1',
  }: { method?: string; headers?: Record<string, string>; body?: string; host?: string } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request({ host, port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });

/** Serves routes on a free port of the loopback address for the length of a call. */
export const serving = <T>(
  routes: Routes,
  use: (port: number) => Promise<T>,
  failed?: (error: unknown) => void,
): Promise<T> => servingWith(requestListener(routes, failed), use);

/** The same with a listener that is more than routes. */
export const servingWith = async <T>(listener: RequestListener, use: (port: number) => Promise<T>): Promise<T> => {
  let server: ListeningServer | undefined;
  try {
    const port = await new Promise<number>((resolve, reject) => {
      server = listen({
        address: { host: '127.0.0.1', port: 0 },
        what: 'the test',
        listener,
        failed: reject,
        listening: (at) => {
          resolve(at.port);
        },
      });
    });
    return await use(port);
  } finally {
    await server?.close();
  }
};
