import type { ApiClient, ApiWrite } from '../reflector/index.js';
import type { EventTransport } from './recorder.js';

/** The API server does not take an Event. */
class EventRefusedError extends Error {
  override readonly name = 'EventRefusedError';
  readonly code = 'EVENT_REFUSED';
  /** HTTP status. */
  readonly status: number;

  constructor(status: number, detail: string) {
    const remedy = status === 403 ? ' Bind the role system:node-proxier, which lets a proxy write Events.' : '';
    super(`the API server answered ${String(status)} to an Event: ${detail.trim().slice(0, 200)}${remedy}`);
    this.status = status;
  }
}

/** Milliseconds for one request. */
const patience = 10_000;

/** Of an answer, what is read: more of an error helps nobody. */
const mostAnswer = 4_096;

/** Events through the client that the daemon has anyway. Once `stopped` is aborted, requests under way are given up. */
export function eventTransport(client: Pick<ApiClient, 'send'>, stopped: AbortSignal): EventTransport {
  const write = async (method: 'POST' | 'PATCH', path: string, body: object, contentType: string): Promise<void> => {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(patience)]);
    const request: ApiWrite = { method, path, body: JSON.stringify(body), contentType, signal };
    const response = await client.send(request);
    let answer = '';
    // Read to the end, so that the connection can be used again.
    for await (const chunk of response.body) if (answer.length < mostAnswer) answer += chunk.toString('utf8');
    if (response.status >= 300) throw new EventRefusedError(response.status, answer);
  };
  return {
    post: (path, body) => write('POST', path, body, 'application/json'),
    patch: (path, body) => write('PATCH', path, body, 'application/merge-patch+json'),
  };
}
