import { isIPv6 } from 'node:net';
import { ClusterConfigError } from '../errors.js';
import type { ClusterConfig } from './cluster-config.js';

const directory = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The cluster that this process runs in, by the service account that Kubernetes mounts into a pod. `server` replaces
 * the address from the environment: KUBERNETES_SERVICE_HOST is a cluster IP, which the service proxy itself implements
 * and which therefore does not answer before the proxy works.
 */
export function inClusterConfig(
  options: {
    readonly server?: string;
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly directory?: string;
  } = {},
): ClusterConfig {
  const files = options.directory ?? directory;
  return {
    source: 'service account',
    server: options.server ?? serverFromEnvironment(options.env ?? process.env),
    ca: { file: `${files}/ca.crt` },
    authentication: { type: 'token-file', file: `${files}/token` },
  };
}

function serverFromEnvironment(env: Readonly<Record<string, string | undefined>>): string {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || host === '' || port === undefined || port === '') {
    throw new ClusterConfigError(
      'environment',
      'KUBERNETES_SERVICE_HOST',
      'it is not set, so this process does not run in a pod',
      'name a kubeconfig, or the address of the API server',
    );
  }
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
