import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { systemClock, type Clock } from '../clock.js';
import type { ClusterConfig } from '../config/cluster-config.js';
import { Credentials, type Credential, type CredentialSources } from '../config/credentials.js';
import { runExecPlugin } from '../config/exec-plugin.js';
import { oidcTokens } from '../config/oidc.js';
import { ReflectorError } from '../errors.js';
import { connectionError, isReusedTooLate } from './connection-error.js';
import { agentFor, retire, type Agent } from './agent.js';
import type { ApiClient, ApiResponse, ApiWrite, Query } from './transport.js';

/** What a transport works with; everything has a default. */
export interface HttpsTransportOptions {
  /** For limits and the age of credentials; {@link systemClock} if not given. */
  readonly clock?: Clock;
  /** For credentials; the file system, plugins and OIDC of this process if not given. */
  readonly sources?: Partial<Omit<CredentialSources, 'clock'>>;
  /** Where HTTPS_PROXY, HTTP_PROXY and NO_PROXY are looked up. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Value of the User-Agent header. */
  readonly userAgent?: string;
  /** Limit on making a connection, TLS included, in milliseconds. */
  readonly connectMs?: number;
  /**
   * Silence after which the other end is probed, in milliseconds; 10,000 if not given. Linux then probes ten times, once
   * a second, so that a dead peer is noticed ten seconds later.
   */
  readonly keepAliveMs?: number;
}

interface Outgoing {
  readonly method: string;
  readonly path: string;
  readonly query: Query;
  readonly body: string | undefined;
  readonly contentType: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * An API server over HTTP/1.1. Connections are kept and used again, in one pool per generation of TLS material. A
 * refused token (401) or certificate is read anew at once, and the request made once more if that changed anything.
 */
export function createHttpsTransport(config: ClusterConfig, options: HttpsTransportOptions = {}): ApiClient {
  return new HttpsTransport(config, options);
}

class HttpsTransport implements ApiClient {
  readonly server: string;
  readonly #config: ClusterConfig;
  readonly #options: HttpsTransportOptions;
  readonly #clock: Clock;
  readonly #base: URL;
  readonly #credentials: Credentials;
  #agent: Agent | undefined;
  #generation = -1;
  #closed = false;

  constructor(config: ClusterConfig, options: HttpsTransportOptions) {
    this.server = config.server;
    this.#config = config;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#base = new URL(config.server);
    this.#credentials = new Credentials(config, {
      readFile: (path) => readFile(path),
      runExec: runExecPlugin,
      oidcToken: oidcTokens(),
      ...options.sources,
      clock: this.#clock,
    });
  }

  stream(path: string, query: Query, signal: AbortSignal): Promise<ApiResponse> {
    return this.#request({ method: 'GET', path, query, body: undefined, contentType: undefined, signal });
  }

  send(request: ApiWrite): Promise<ApiResponse> {
    const { method, path, query = {}, body, contentType = 'application/json', signal } = request;
    return this.#request({ method, path, query, body, contentType, signal });
  }

  close(): void {
    this.#closed = true;
    this.#agent?.destroy();
  }

  async #request(outgoing: Outgoing): Promise<ApiResponse> {
    const credential = await this.#credentials.get();
    let response: http.IncomingMessage;
    try {
      response = await this.#attempt(outgoing, credential);
    } catch (error) {
      if (!(error instanceof ReflectorError) || error.code !== 'tls') throw error;
      const renewed = await this.#credentials.renew(credential);
      if (renewed === credential) throw error;
      return toApiResponse(await this.#attempt(outgoing, renewed), this.server, outgoing.path);
    }
    if (response.statusCode === 401) {
      const renewed = await this.#credentials.renew(credential);
      if (renewed !== credential) {
        response.resume();
        response = await this.#attempt(outgoing, renewed);
      }
    }
    return toApiResponse(response, this.server, outgoing.path);
  }

  /** A server may close an idle connection just when it is used again; that is nobody's fault. */
  async #attempt(outgoing: Outgoing, credential: Credential): Promise<http.IncomingMessage> {
    for (let tries = 0; ; tries++) {
      const request = this.#open(outgoing, credential);
      try {
        return await this.#response(request, outgoing);
      } catch (error) {
        if (outgoing.method !== 'GET' || outgoing.signal.aborted || tries >= 2 || !isReusedTooLate(request, error)) {
          throw connectionError(error, this.#config);
        }
      }
    }
  }

  #open(outgoing: Outgoing, credential: Credential): http.ClientRequest {
    if (this.#closed) throw new ReflectorError('connection-lost', 'the transport was closed');
    const query = new URLSearchParams(outgoing.query).toString();
    const prefix = this.#base.pathname.replace(/\/$/, '');
    const { request } = this.#base.protocol === 'http:' ? http : https;
    return request({
      protocol: this.#base.protocol,
      hostname: this.#base.hostname.replace(/^\[|\]$/g, ''),
      port: this.#base.port,
      method: outgoing.method,
      path: `${prefix}${outgoing.path}${query === '' ? '' : `?${query}`}`,
      agent: this.#agentOf(credential),
      headers: {
        Accept: 'application/json',
        'User-Agent': this.#options.userAgent ?? 'nftproxier',
        ...(outgoing.contentType === undefined ? {} : { 'Content-Type': outgoing.contentType }),
        ...credential.headers,
      },
    });
  }

  /** Connections made with older TLS material finish what they do, and are not used again. */
  #agentOf(credential: Credential): Agent {
    if (this.#agent && this.#generation === credential.generation) return this.#agent;
    if (this.#agent) retire(this.#agent);
    this.#generation = credential.generation;
    this.#agent = agentFor(this.#config, this.#base, credential.tls, this.#options.env ?? process.env);
    return this.#agent;
  }

  #response(request: http.ClientRequest, { signal, body }: Outgoing): Promise<http.IncomingMessage> {
    const connectMs = this.#options.connectMs ?? 10_000;
    return new Promise((resolve, reject) => {
      // A request without a connection keeps its error to itself until it has one, so that waiting for it is no use.
      const fail = (error: Error): void => {
        finish();
        reject(error);
        // Not with the error: a socket that has just gone back to its agent would emit it, and nobody listens there.
        request.destroy();
      };
      const abort = (): void => fail(new Error('aborted'));
      const connecting = this.#clock.setTimeout(() => fail(timedOut()), connectMs);
      const connected = (): void => this.#clock.clearTimeout(connecting);
      const finish = (): void => {
        connected();
        signal.removeEventListener('abort', abort);
      };
      request.on('socket', (socket) => {
        socket.setKeepAlive(true, this.#options.keepAliveMs ?? 10_000);
        if (!socket.connecting) return connected();
        socket.once(this.#base.protocol === 'http:' ? 'connect' : 'secureConnect', connected);
      });
      request.once('response', (response) => {
        response.once('close', finish);
        resolve(response);
      });
      // Stays: a destroyed request may emit more than one error.
      request.on('error', fail);
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      request.end(body);
    });
  }
}

function timedOut(): Error {
  return Object.assign(new Error('connect timeout'), { code: 'ETIMEDOUT' });
}

function toApiResponse(response: http.IncomingMessage, server: string, path: string): ApiResponse {
  return { status: response.statusCode ?? 0, headers: response.headers, body: bodyOf(response, server, path) };
}

async function* bodyOf(response: http.IncomingMessage, server: string, path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) yield chunk as Buffer;
  } catch (cause) {
    throw new ReflectorError('connection-lost', `the connection to ${server} broke during ${path}`, { cause });
  }
  // Without this, a connection closed in the middle could pass for the end.
  if (!response.complete) {
    throw new ReflectorError('connection-lost', `the connection to ${server} was closed during ${path}`);
  }
}
