import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';

/** Another daemon serves in this network namespace. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
  readonly code = 'ALREADY_RUNNING';
  /** Process id of the other one, in its own process namespace; undefined if it did not say. */
  readonly pid: number | undefined;

  constructor(pid: number | undefined) {
    const who = pid === undefined ? 'another nftproxier' : `nftproxier with process id ${String(pid)}`;
    super(`${who} already serves in this network namespace: stop it first, two would undo each other's rules`);
    this.pid = pid;
  }
}

/** A lock that is held. */
export interface Lock {
  /** Lets go of it. */
  release(): Promise<void>;
}

/**
 * A name in the abstract namespace of Unix sockets: there is one such namespace for each network namespace, as there is one
 * ruleset; no file has to be written; and the kernel takes the name back with the process, however it ends.
 */
const lockName = '\0nftproxier';

/** Milliseconds that the holder of the lock has to say who it is. */
const answerTimeout = 1_000;

/**
 * Takes the lock that one daemon in a network namespace can have.
 *
 * @throws {@link AlreadyRunningError} if another process has it.
 */
export async function takeLock(name: string = lockName, pid: number = process.pid): Promise<Lock> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(`${String(pid)}\n`);
  });
  try {
    await listening(server, name);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'EADDRINUSE') throw new AlreadyRunningError(await holder(name));
    throw error;
  }
  server.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, resolve);
  });
}

/** Asks who has the lock. */
function holder(path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ path });
    const done = (): void => {
      socket.destroy();
      const found = /^(\d{1,10})\n/.exec(text)?.[1];
      resolve(found === undefined ? undefined : Number(found));
    };
    socket.setTimeout(answerTimeout, done);
    socket.setEncoding('utf8').on('data', (piece: string) => (text = (text + piece).slice(0, 100)));
    socket.once('end', done).once('error', done);
  });
}
