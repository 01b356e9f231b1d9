import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { formatHostPort, parseHostPort } from '../config/index.js';
import type { HostPort } from '../config/index.js';

/** Where a daemon tells of itself unless `nftproxier.debugBindAddress` says otherwise. */
export const usualAddress = '127.0.0.1:10246';

/** Milliseconds without a byte after which a daemon is taken for dead. */
const patience = 10_000;

/** No daemon answers, or not as one does. */
export class DaemonError extends Error {
  override readonly name = 'DaemonError';
  readonly code = 'DAEMON_UNREACHABLE';
}

/** Asks a running daemon for something in JSON. */
export async function askDaemon(address: string, path: string): Promise<unknown> {
  let text = '';
  for await (const part of await get(address, path)) text += String(part);
  return parse(text, address);
}

/** Asks a running daemon for lines of JSON, and hands them on as they come. */
export async function* linesOfDaemon(address: string, path: string): AsyncGenerator {
  for await (const line of createInterface({ input: await get(address, path) })) yield parse(line, address);
}

function parse(text: string, address: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new DaemonError(`what answers at ${address} is no nftproxier: it sends no JSON`, { cause });
  }
}

async function get(address: string, path: string): Promise<IncomingMessage> {
  const at = parseHostPort(address);
  if (at === undefined) {
    throw new DaemonError(`--address: ${JSON.stringify(address)} is not ADDRESS:PORT, such as ${usualAddress}`);
  }
  const response = await open(at, path);
  if (response.statusCode === 200) return response.setEncoding('utf8');
  response.resume();
  throw new DaemonError(`nftproxier at ${address} answers ${path} with ${String(response.statusCode)}`);
}

function open({ host, port }: HostPort, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, timeout: patience, agent: false }, resolve);
    asked.on('timeout', () => asked.destroy(new Error(`nothing for ${String(patience / 1_000)} s`)));
    asked.on('error', (cause) => {
      const { code = cause.message } = cause as { readonly code?: string };
      reject(
        new DaemonError(
          `no nftproxier answers at ${formatHostPort(host, port)} (${code}): is it running on this machine, and is nftproxier.debugBindAddress this address?`,
          { cause },
        ),
      );
    });
    asked.end();
  });
}
