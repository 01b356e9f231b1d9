import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Configuration } from '../config/index.js';
import { createClusterSource, createHttpsTransport, inClusterConfig, kubeConfig } from '../reflector/index.js';
import type { ApiClient, ApiTransport, ClusterConfig } from '../reflector/index.js';
import type { Source } from './source.js';

/**
 * The API server, found through the kubeconfig or the pod's service account. To be closed by whoever asked for it.
 *
 * @throws {@link ClusterConfigError} if neither says where it is, naming file and field.
 */
export async function connectApiServer(configuration: Configuration, log: Logger): Promise<ApiClient> {
  const cluster = await clusterConfig(configuration);
  log.info({ server: cluster.server, from: cluster.source }, 'reading from the API server');
  return createHttpsTransport(cluster, { userAgent: 'nftproxier' });
}

/** What an API server tells of the cluster, as a source. */
export function createKubernetesSource(transport: ApiTransport, nodeName: string, log: Logger): Source {
  const reflectors = createClusterSource({
    transport,
    nodeName,
    onWarning: ({ kind, code, message }) => {
      log.warn({ kind, code }, message);
    },
  });
  return {
    start: (onBatch) => {
      reflectors.start(onBatch);
      return Promise.resolve();
    },
    stop: () => reflectors.stop(),
    status: () => reflectors.status(),
  };
}

function clusterConfig({ clientConnection, nftproxier }: Configuration): Promise<ClusterConfig> | ClusterConfig {
  const server = nftproxier.apiServer === '' ? {} : { server: nftproxier.apiServer };
  if (clientConnection.kubeconfig === '') return inClusterConfig(server);
  return kubeConfig(clientConnection.kubeconfig, { ...server, readFile: (path) => readFile(path) });
}
