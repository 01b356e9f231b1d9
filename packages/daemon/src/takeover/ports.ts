import { get } from 'node:http';
import { parseHostPort } from '../config/index.js';

/** Who answers at the address of a metrics server. */
export type Answerer = 'kube-proxy' | 'nftproxier';

/** Reads `http://HOST:PORT/configz`; rejects where nobody answers, or not with 200. */
export type ReadConfigz = (host: string, port: number) => Promise<string>;

/**
 * Who serves metrics at an address, by the configuration that it shows: kube-proxy's has no section of ours. Undefined
 * where nobody answers, or something else.
 */
export async function answererAt(address: string, read: ReadConfigz): Promise<Answerer | undefined> {
  const at = parseHostPort(address);
  if (at === undefined) return undefined;
  try {
    const { 'kubeproxy.config.k8s.io': configuration } = JSON.parse(await read(reachable(at.host), at.port)) as Shown;
    if (typeof configuration !== 'object' || configuration === null) return undefined;
    return 'nftproxier' in configuration ? 'nftproxier' : 'kube-proxy';
  } catch {
    return undefined;
  }
}

interface Shown {
  readonly 'kubeproxy.config.k8s.io'?: unknown;
}

function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

const mostCharacters = 1_048_576;
const patience = 2_000;

/** {@link ReadConfigz} over HTTP. Whoever listens there is not trusted: the answer is bounded in size and time. */
export const readConfigz: ReadConfigz = (host, port) =>
  new Promise((resolve, reject) => {
    const request = get({ host, port, path: '/configz', agent: false, signal: AbortSignal.timeout(patience) });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        if (text.length > mostCharacters) request.destroy(new Error('the answer is too long'));
      });
      response.on('error', reject).on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`status ${String(response.statusCode)}`));
      });
    });
  });
