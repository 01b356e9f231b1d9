import type { Clock } from '../clock.js';
import { ClusterConfigError, messageOf } from '../errors.js';
import type { ClusterConfig, Material } from './cluster-config.js';
import type { ExecCredential } from './exec-plugin.js';

/** What TLS needs. */
export interface TlsMaterial {
  readonly ca: Buffer | undefined;
  readonly certificate: Buffer | undefined;
  readonly key: Buffer | undefined;
}

/** What a request needs to be let in. */
export interface Credential {
  /** Grows when `tls` changes: connections made before were made with other material. */
  readonly generation: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
}

/** What credentials need from the world. */
export interface CredentialSources {
  readonly clock: Clock;
  readonly readFile: (path: string) => Promise<Buffer>;
  /** Runs the command of `config.authentication.exec`. */
  readonly runExec: (config: ClusterConfig) => Promise<ExecCredential>;
  /** A current id token; refreshes it when it has expired. */
  readonly oidcToken: (config: ClusterConfig) => Promise<string>;
}

/** As client-go: a rotated token or certificate is noticed within a minute, or at once when the old one is refused. */
const rereadMs = 60_000;
/** A credential that expires is renewed this long before. */
const leewayMs = 10_000;

/** Keeps what a cluster's configuration points to up to date. Reads only when asked, so there is nothing to stop. */
export class Credentials {
  readonly #config: ClusterConfig;
  readonly #sources: CredentialSources;
  #current: Credential | undefined;
  #goodUntil = 0;
  #exec: ExecCredential | undefined;
  #reading: Promise<Credential> | undefined;

  constructor(config: ClusterConfig, sources: CredentialSources) {
    this.#config = config;
    this.#sources = sources;
  }

  /** What to use now. Throws `ClusterConfigError` if it cannot be had and never could. */
  async get(): Promise<Credential> {
    if (this.#current && this.#sources.clock.now() < this.#goodUntil) return this.#current;
    return this.#read();
  }

  /** After `refused` was not accepted: what the files and commands say now. The same object if nothing changed. */
  async renew(refused: Credential): Promise<Credential> {
    if (this.#current && this.#current !== refused) return this.#current;
    this.#exec = undefined;
    return this.#read();
  }

  #read(): Promise<Credential> {
    this.#reading ??= this.#readAll().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readAll(): Promise<Credential> {
    const { clock } = this.#sources;
    const before = this.#current;
    this.#goodUntil = clock.now() + rereadMs;
    let next: Omit<Credential, 'generation'>;
    try {
      next = await this.#load();
    } catch (error) {
      // A file that is being replaced may be missing for a moment.
      if (before && error instanceof ClusterConfigError) return before;
      throw error;
    }
    const sameTls = before !== undefined && isSameTls(before.tls, next.tls);
    if (sameTls && JSON.stringify(before.headers) === JSON.stringify(next.headers)) return before;
    const generation = (before?.generation ?? 0) + (sameTls ? 0 : 1);
    this.#current = { generation, headers: next.headers, tls: sameTls ? before.tls : next.tls };
    return this.#current;
  }

  async #load(): Promise<Omit<Credential, 'generation'>> {
    const { ca, clientCertificate, headers } = this.#config;
    const issued = this.#config.authentication.type === 'exec' ? await this.#execCredential() : undefined;
    const authorization = await this.#authorization(issued);
    return {
      headers: { ...headers, ...(authorization === undefined ? {} : { Authorization: authorization }) },
      tls: {
        ca: await this.#material(ca, 'certificate-authority'),
        certificate:
          issued?.certificate ?? (await this.#material(clientCertificate?.certificate, 'client-certificate')),
        key: issued?.key ?? (await this.#material(clientCertificate?.key, 'client-key')),
      },
    };
  }

  async #authorization(issued: ExecCredential | undefined): Promise<string | undefined> {
    const { authentication } = this.#config;
    switch (authentication.type) {
      case 'none':
        return undefined;
      case 'token':
        return bearer(authentication.token);
      case 'token-file':
        return bearer((await this.#file(authentication.file, 'tokenFile')).toString('utf8').trim());
      case 'basic': {
        const pair = `${authentication.username}:${authentication.password}`;
        return `Basic ${Buffer.from(pair).toString('base64')}`;
      }
      case 'exec':
        return issued?.token === undefined ? undefined : bearer(issued.token);
      case 'oidc':
        return bearer(await this.#sources.oidcToken(this.#config));
    }
  }

  async #execCredential(): Promise<ExecCredential> {
    const { clock, runExec } = this.#sources;
    const expires = this.#exec?.expiresAt ?? Number.POSITIVE_INFINITY;
    if (this.#exec === undefined || clock.now() > expires - leewayMs) this.#exec = await runExec(this.#config);
    return this.#exec;
  }

  #material(material: Material | undefined, field: string): Promise<Buffer | undefined> {
    if (material === undefined) return Promise.resolve(undefined);
    return 'data' in material ? Promise.resolve(material.data) : this.#file(material.file, field);
  }

  async #file(path: string, field: string): Promise<Buffer> {
    let bytes: Buffer;
    try {
      bytes = await this.#sources.readFile(path);
    } catch (cause) {
      const problem = `${path} cannot be read (${messageOf(cause)})`;
      throw new ClusterConfigError(this.#config.source, field, problem, 'create the file or correct the path', cause);
    }
    if (bytes.length > 0) return bytes;
    throw new ClusterConfigError(this.#config.source, field, `${path} is empty`, 'write the file or correct the path');
  }
}

function bearer(token: string): string {
  return `Bearer ${token}`;
}

function isSameTls(a: TlsMaterial, b: TlsMaterial): boolean {
  return isSame(a.ca, b.ca) && isSame(a.certificate, b.certificate) && isSame(a.key, b.key);
}

function isSame(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.equals(b));
}
