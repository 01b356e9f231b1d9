import type { RequestListener } from 'node:http';
import { isIP } from 'node:net';
import { plain, requestListener, send } from '../http/index.js';
import type { Routes } from '../http/index.js';

/** Requests answered at once; further ones are told to come back. */
const mostAtOnce = 16;

/** With every answer: nothing of it is kept, framed, embedded or told to other pages. */
const headers = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/**
 * Answers requests that a debug address may answer. There is no login: who may connect may read. So it takes care that
 * a page in somebody's browser cannot read by way of that browser.
 */
export function guarded(routes: Routes, failed: (error: unknown, path: string) => void): RequestListener {
  const answer = requestListener(routes, failed);
  let busy = 0;
  return (message, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const refuse = (status: number, text: string, more: Readonly<Record<string, string>> = {}): void => {
      message.resume();
      const reply = plain(status, text);
      send(response, { ...reply, headers: { ...reply.headers, ...more } });
    };
    if (!isOwnHost(message.headers.host)) {
      refuse(403, 'refused: the Host header must be an IP address or localhost, as in http://127.0.0.1:10246/\n');
    } else if (message.method !== 'GET' && message.method !== 'HEAD') {
      refuse(405, 'refused: everything here is only for reading, by GET or HEAD\n', { Allow: 'GET, HEAD' });
    } else if (busy >= mostAtOnce) {
      refuse(503, 'busy with other requests; try again\n', { 'Retry-After': '1' });
    } else {
      busy += 1;
      response.once('close', () => {
        busy -= 1;
      });
      answer(message, response);
    }
  };
}

/**
 * A name could be another site's that was made to lead here (DNS rebinding): its pages could then read ours. An address
 * cannot be, and `localhost` is nobody's.
 */
export function isOwnHost(host: string | undefined): boolean {
  const [, name = ''] = /^(\[[^\]]+\]|[^:]+)(?::\d{1,5})?$/u.exec(host ?? '') ?? [];
  return name.toLowerCase() === 'localhost' || isIP(name.replace(/^\[(.*)\]$/u, '$1')) !== 0;
}
