import { ReflectorError, type ApiResponse, type ApiTransport } from '@nftproxier/daemon/reflector';
import type { Sink } from './reply.js';
import type { ApiServer } from './server.js';

/** What a memory transport counts. */
export interface MemoryTransport extends ApiTransport {
  /** Responses whose body is not finished. */
  readonly open: number;
  /** The server is away: connections are refused. */
  down: boolean;
  /** Another server from now on, as behind a load balancer. */
  target: ApiServer;
}

/** Requests to a server in the same process, without sockets: for tests with a clock of their own. */
export function memoryTransport(server: ApiServer): MemoryTransport {
  const state = { open: 0, down: false, target: server };
  return {
    server: 'https://stand-in:6443',
    get open() {
      return state.open;
    },
    get down() {
      return state.down;
    },
    set down(down) {
      state.down = down;
    },
    get target() {
      return state.target;
    },
    set target(target) {
      state.target = target;
    },
    stream: async (path, query, signal) => {
      // As over a network, other things have their turn before there is an answer.
      await new Promise((resolve) => setImmediate(resolve));
      if (state.down) throw unreachable('ECONNREFUSED');
      const request = { method: 'GET', path, query: new URLSearchParams(query), headers: {}, body: '' };
      const outcome = await unlessAborted(state.target.handle(request), signal);
      if (outcome === 'reset') throw unreachable('ECONNRESET');
      if (outcome === 'hang') return unlessAborted(new Promise<never>(() => undefined), signal);
      const body = new Pipe();
      state.open++;
      const gone = outcome.start(body);
      const finish = (): void => {
        state.open--;
        signal.removeEventListener('abort', abort);
        gone();
      };
      const abort = (): void => body.cut();
      body.onFinish(finish);
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
      const response: ApiResponse = { status: outcome.status, headers: outcome.headers, body };
      return response;
    },
  };
}

/** Bytes written at one end and read at the other. */
class Pipe implements Sink, AsyncIterable<Buffer> {
  #queue: Buffer[] = [];
  #state: 'open' | 'ended' | 'cut' = 'open';
  #wake: () => void = () => undefined;
  #finish: () => void = () => undefined;

  write(bytes: Buffer): void {
    if (this.#state !== 'open') return;
    this.#queue.push(bytes);
    this.#wake();
  }

  end(): void {
    this.#close('ended');
  }

  cut(): void {
    this.#close('cut');
  }

  /** Calls `finish` once, when nothing more is going to be written. */
  onFinish(finish: () => void): void {
    this.#finish = finish;
    if (this.#state !== 'open') finish();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const chunk = this.#queue.shift();
      if (chunk) yield chunk;
      else if (this.#state === 'ended') return;
      else if (this.#state === 'cut') throw new ReflectorError('connection-lost', 'the connection broke');
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #close(state: 'ended' | 'cut'): void {
    if (this.#state !== 'open') return;
    this.#state = state;
    this.#wake();
    this.#finish();
  }
}

function unlessAborted<R>(result: Promise<R>, signal: AbortSignal): Promise<R> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(unreachable('aborted'));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    void result.then((value) => {
      signal.removeEventListener('abort', abort);
      resolve(value);
    });
  });
}

function unreachable(code: string): ReflectorError {
  return new ReflectorError('unreachable', `https://stand-in:6443 does not answer: ${code}`);
}
