import type { Logger } from 'pino';
import type { Pause } from '@nftproxier/nft';
import type { Configuration } from '../config/index.js';
import type { ApiClient } from '../reflector/index.js';
import { createManifestSource } from './manifests/directory.js';
import type { ManifestEvents } from './manifests/directory.js';
import type { ObjectKind, Source } from './source.js';

/** A source, and what it must have delivered completely before anything is written. */
export interface ChosenSource {
  readonly source: Source;
  readonly required: readonly ObjectKind[];
}

/** The source that the configuration names: a directory of manifests, else the API server that `client` leads to. */
export async function createSource(
  { nftproxier }: Configuration,
  client: ApiClient | undefined,
  nodeName: string,
  log: Logger,
  pause?: Pause,
): Promise<ChosenSource> {
  if (client === undefined) {
    return { source: manifestSource(nftproxier.manifests, log, pause), required: ['Service', 'EndpointSlice'] };
  }
  // Loaded only where it is used: it takes a third of a second and some 20 MB.
  const { createKubernetesSource } = await import('./kubernetes.js');
  const source = createKubernetesSource(client, nodeName, log);
  return { source, required: ['Service', 'EndpointSlice', 'Node', 'ServiceCIDR'] };
}

/** The way to the API server; undefined where manifests are served instead. */
export async function connect(configuration: Configuration, log: Logger): Promise<ApiClient | undefined> {
  if (configuration.nftproxier.manifests !== '') return undefined;
  const { connectApiServer } = await import('./kubernetes.js');
  return connectApiServer(configuration, log);
}

function manifestSource(directory: string, log: Logger, pause: Pause | undefined): Source {
  const events: ManifestEvents = {
    onError: ({ file, line, message }) => {
      log.error({ file, line }, `${message}; what was last read of it stays in force`);
    },
    onRecovered: (file) => {
      log.info({ file }, 'the manifest can be used again');
    },
    onRepeated: ({ key, file, ignored }) => {
      log.warn({ object: key, file, ignored }, 'an object is in several manifests; the first file by name counts');
    },
  };
  return createManifestSource(directory, events, pause);
}
