import { execFile } from 'node:child_process';
import { ClusterConfigError, excerpt, messageOf } from '../errors.js';
import type { ClusterConfig } from './cluster-config.js';

/** What a credential plugin printed. */
export interface ExecCredential {
  readonly token?: string;
  /** PEM. */
  readonly certificate?: Buffer;
  readonly key?: Buffer;
  /** Milliseconds since 1970; `undefined` is until the API server refuses it. */
  readonly expiresAt?: number;
}

const timeLimitMs = 60_000;
const outputLimit = 1 << 20;

/**
 * Runs the credential plugin of a kubeconfig (`user.exec`) without a shell, and without a terminal to ask on. The
 * protocol is client.authentication.k8s.io: what it needs is in KUBERNETES_EXEC_INFO, what it found on standard output.
 */
export async function runExecPlugin(config: ClusterConfig): Promise<ExecCredential> {
  const { authentication, source } = config;
  if (authentication.type !== 'exec') return {};
  const { command, args, env, apiVersion, provideClusterInfo, installHint } = authentication.exec;
  const info = {
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(provideClusterInfo ? { cluster: clusterInfo(config) } : {}) },
  };
  let output: string;
  try {
    output = await run(command, args, { ...process.env, ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info) });
  } catch (cause) {
    const hint = installHint === '' ? 'install the command or correct the kubeconfig' : excerpt(installHint);
    throw new ClusterConfigError(source, 'user.exec', `${command} failed (${excerpt(messageOf(cause))})`, hint, cause);
  }
  return parse(output, command, source);
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env, timeout: timeLimitMs, maxBuffer: outputLimit, killSignal: 'SIGKILL' as const };
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr.trim() === '' ? error.message : stderr, { cause: error }));
      else resolve(stdout);
    });
    child.stdin?.end();
  });
}

function clusterInfo(config: ClusterConfig): Record<string, unknown> {
  return {
    server: config.server,
    ...(config.tlsServerName === undefined ? {} : { 'tls-server-name': config.tlsServerName }),
    ...(config.insecureSkipTlsVerify === true ? { 'insecure-skip-tls-verify': true } : {}),
    ...(config.ca && 'data' in config.ca ? { 'certificate-authority-data': config.ca.data.toString('base64') } : {}),
    ...(config.proxyUrl === undefined ? {} : { 'proxy-url': config.proxyUrl }),
  };
}

function parse(output: string, command: string, source: string): ExecCredential {
  const refuse = (problem: string): ClusterConfigError =>
    new ClusterConfigError(
      source,
      'user.exec',
      `${command} ${problem}`,
      'it must print an ExecCredential with a status',
    );
  let credential: { kind?: unknown; status?: Readonly<Record<string, unknown>> | null };
  try {
    credential = JSON.parse(output) as typeof credential;
  } catch {
    throw refuse('did not print JSON');
  }
  if (credential.kind !== 'ExecCredential') throw refuse('printed something else than an ExecCredential');
  const status = credential.status ?? {};
  const { token, clientCertificateData: certificate, clientKeyData: key, expirationTimestamp: expires } = status;
  const hasPair = typeof certificate === 'string' && typeof key === 'string';
  if (typeof token !== 'string' && !hasPair) throw refuse('printed neither a token nor a certificate with its key');
  const expiresAt = typeof expires === 'string' ? Date.parse(expires) : Number.NaN;
  return {
    ...(typeof token === 'string' ? { token } : {}),
    ...(hasPair ? { certificate: Buffer.from(certificate), key: Buffer.from(key) } : {}),
    ...(Number.isNaN(expiresAt) ? {} : { expiresAt }),
  };
}
