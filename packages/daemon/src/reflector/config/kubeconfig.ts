import { dirname, isAbsolute, join } from 'node:path';
import type { Cluster, Context, User } from '@kubernetes/client-node/dist/config_types.js';
import { ClusterConfigError, excerpt, messageOf } from '../errors.js';
import type { Authentication, ClusterConfig, ExecPlugin, Material } from './cluster-config.js';

/** What a kubeconfig is read with. */
export interface KubeConfigOptions {
  /** Instead of the file's `current-context`. */
  readonly context?: string;
  /** Instead of the cluster's `server`. */
  readonly server?: string;
  /** Reads the kubeconfig alone: certificates and tokens are read when they are used. */
  readonly readFile: (path: string) => Promise<Buffer>;
}

/** Fields of a kubeconfig user that client-node's reader leaves out. */
interface RawUser {
  readonly name?: unknown;
  readonly user?: { readonly tokenFile?: unknown } | null;
}

/**
 * Reads a kubeconfig file. Throws `ClusterConfigError`, which names the file, the field and what to do.
 *
 * The reading itself is client-node's, but of its parts only the one that reads: loading all of it, or its `KubeConfig`,
 * takes about a second of CPU and 75 MB.
 */
export async function kubeConfig(file: string, options: KubeConfigOptions): Promise<ClusterConfig> {
  const fail = (field: string, problem: string, advice: string, cause?: unknown): ClusterConfigError =>
    new ClusterConfigError(file, field, problem, advice, cause);
  const raw = await readYaml(file, options.readFile);
  const { newClusters, newContexts, newUsers } = await import('@kubernetes/client-node/dist/config_types.js');
  let clusters: Cluster[], contexts: Context[], users: User[];
  try {
    clusters = newClusters(raw['clusters']);
    contexts = newContexts(raw['contexts']);
    users = newUsers(raw['users']);
  } catch (cause) {
    throw fail('', messageOf(cause), 'correct the file', cause);
  }

  const wanted = options.context ?? raw['current-context'];
  if (typeof wanted !== 'string' || wanted === '') {
    throw fail('current-context', 'it is not set', 'set it, or name a context');
  }
  const context = contexts.find(({ name }) => name === wanted);
  if (!context) throw fail('contexts', `there is no context ${quote(wanted)}`, known(contexts));
  const cluster = clusters.find(({ name }) => name === context.cluster);
  if (!cluster) {
    const problem = `context ${quote(wanted)} names cluster ${quote(context.cluster)}, which is missing`;
    throw fail('clusters', problem, known(clusters));
  }
  // A context without a user is for a server that asks nobody who they are.
  const user = context.user ? users.find(({ name }) => name === context.user) : { name: '' };
  if (!user) {
    const problem = `context ${quote(wanted)} names user ${quote(context.user)}, which is missing`;
    throw fail('users', problem, known(users));
  }
  const tokenFile = (raw['users'] as readonly RawUser[] | undefined)?.find(({ name }) => name === user.name)?.user
    ?.tokenFile;
  return fromClusterAndUser(cluster, user, {
    source: file,
    directory: dirname(file),
    ...(options.server === undefined ? {} : { server: options.server }),
    ...(typeof tokenFile === 'string' && tokenFile !== '' ? { tokenFile } : {}),
  });
}

/** What is not in client-node's cluster and user. */
export interface Origin {
  /** For messages. */
  readonly source: string;
  /** What relative paths are relative to; the working directory if not given. */
  readonly directory?: string;
  /** Instead of the cluster's `server`. */
  readonly server?: string;
  /** The user's `tokenFile`: of several credentials the first choice; a client certificate is used as well. */
  readonly tokenFile?: string;
}

/**
 * The configuration in the terms of client-node, such as `kubeConfig.getCurrentCluster()` and `getCurrentUser()` of a
 * `KubeConfig` that a program has already. Throws `ClusterConfigError` for what cannot be used.
 */
export function fromClusterAndUser(cluster: Cluster, user: User, origin: Origin): ClusterConfig {
  const { source } = origin;
  const path = (file: string): string =>
    origin.directory === undefined || isAbsolute(file) ? file : join(origin.directory, file);
  const server = origin.server ?? cluster.server;
  requireUrl(server, `clusters[${cluster.name}].cluster.server`, source);

  const material = (file: string | undefined | null, data: string | undefined | null): Material | undefined => {
    // As client-go: data in place goes before a file.
    if (data) return { data: Buffer.from(data, 'base64') };
    return file ? { file: path(file) } : undefined;
  };
  const ca = material(cluster.caFile, cluster.caData);
  const certificate = material(user.certFile, user.certData);
  const key = material(user.keyFile, user.keyData);
  if ((certificate === undefined) !== (key === undefined)) {
    const [there, missing] = certificate ? ['client-certificate', 'client-key'] : ['client-key', 'client-certificate'];
    const field = `users[${user.name}].user.${missing}`;
    throw new ClusterConfigError(source, field, `it is missing, although ${there} is there`, 'give both or neither');
  }
  return {
    source,
    server,
    ...(ca ? { ca } : {}),
    ...(certificate && key ? { clientCertificate: { certificate, key } } : {}),
    ...(cluster.tlsServerName ? { tlsServerName: cluster.tlsServerName } : {}),
    ...(cluster.skipTLSVerify ? { insecureSkipTlsVerify: true } : {}),
    ...(cluster.proxyUrl ? { proxyUrl: cluster.proxyUrl } : {}),
    authentication: authentication(user, origin.tokenFile === undefined ? undefined : path(origin.tokenFile), source),
    ...(user.impersonateUser ? { headers: { 'Impersonate-User': user.impersonateUser } } : {}),
  };
}

function authentication(user: User, tokenFile: string | undefined, source: string): Authentication {
  const field = `users[${user.name}].user`;
  const exec: unknown = user.exec;
  const provider = user.authProvider as { name?: unknown; config?: Record<string, string> } | null | undefined;
  if (tokenFile !== undefined) return { type: 'token-file', file: tokenFile };
  if (user.token) return { type: 'token', token: user.token };
  if (exec) return { type: 'exec', exec: execPlugin(exec, `${field}.exec`, source) };
  if (provider?.config?.['tokenFile']) return { type: 'token-file', file: provider.config['tokenFile'] };
  if (provider?.name === 'oidc') return { type: 'oidc', config: provider.config ?? {} };
  if (provider) {
    const problem = `auth provider ${quote(String(provider.name))} is not supported`;
    throw new ClusterConfigError(source, `${field}.auth-provider`, problem, 'use a credential plugin (exec) instead');
  }
  if (user.username) return { type: 'basic', username: user.username, password: user.password ?? '' };
  return { type: 'none' };
}

function execPlugin(value: unknown, field: string, source: string): ExecPlugin {
  const exec = value as {
    command?: unknown;
    args?: unknown;
    env?: unknown;
    apiVersion?: unknown;
    provideClusterInfo?: unknown;
    installHint?: unknown;
  };
  if (typeof exec.command !== 'string' || exec.command === '') {
    throw new ClusterConfigError(source, `${field}.command`, 'it is missing', 'name the command of the plugin');
  }
  const env = Array.isArray(exec.env) ? (exec.env as { name?: unknown; value?: unknown }[]) : [];
  return {
    command: exec.command,
    args: Array.isArray(exec.args) ? exec.args.map(String) : [],
    env: Object.fromEntries(env.map(({ name, value }) => [String(name), String(value)])),
    apiVersion: typeof exec.apiVersion === 'string' ? exec.apiVersion : 'client.authentication.k8s.io/v1',
    provideClusterInfo: exec.provideClusterInfo === true,
    installHint: typeof exec.installHint === 'string' ? exec.installHint : '',
  };
}

async function readYaml(file: string, readFile: (path: string) => Promise<Buffer>): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = (await readFile(file)).toString('utf8');
  } catch (cause) {
    throw new ClusterConfigError(file, '', `cannot be read (${messageOf(cause)})`, 'correct the path', cause);
  }
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new ClusterConfigError(
      file,
      '',
      `is not YAML (${excerpt(messageOf(cause), 120)})`,
      'correct the file',
      cause,
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ClusterConfigError(file, '', 'is not a kubeconfig', 'name a file of kind Config');
}

function requireUrl(server: string, field: string, source: string): void {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return;
  throw new ClusterConfigError(source, field, `${quote(server)} is not an address`, 'write https://HOST:PORT');
}

function quote(text: string): string {
  return JSON.stringify(excerpt(text, 100));
}

function known(entries: readonly { readonly name: string }[]): string {
  if (entries.length === 0) return 'the file has none';
  return `the file has ${entries.map(({ name }) => quote(name)).join(', ')}`;
}
