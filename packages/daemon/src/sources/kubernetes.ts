import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Configuration } from '../config/index.js';
import { createClusterSource, createHttpsTransport, inClusterConfig, kubeConfig } from '../reflector/index.js';
import type { ClusterConfig } from '../reflector/index.js';
import type { Source } from './source.js';

/**
 * The API server as a source, found through the kubeconfig or the pod's service account.
 *
 * @throws {@link ClusterConfigError} if neither says where it is, naming file and field.
 */
export async function createKubernetesSource(
  configuration: Configuration,
  nodeName: string,
  log: Logger,
): Promise<Source> {
  const cluster = await clusterConfig(configuration);
  log.info({ server: cluster.server, from: cluster.source }, 'reading from the API server');
  const transport = createHttpsTransport(cluster, { userAgent: 'nftproxier' });
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
    stop: async () => {
      await reflectors.stop();
      transport.close();
    },
  };
}

function clusterConfig({ clientConnection, nftproxier }: Configuration): Promise<ClusterConfig> | ClusterConfig {
  const server = nftproxier.apiServer === '' ? {} : { server: nftproxier.apiServer };
  if (clientConnection.kubeconfig === '') return inClusterConfig(server);
  return kubeConfig(clientConnection.kubeconfig, { ...server, readFile: (path) => readFile(path) });
}
