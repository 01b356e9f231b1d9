// Our reflectors: ours.mjs URL watch-list|list
import process from 'node:process';
import { Readable } from 'node:stream';
import { createClusterSource, createHttpsTransport } from '@nftproxier/daemon/reflector';
import { measure } from './measure.mjs';

const [, , server = '', mode = ''] = process.argv;
const https = createHttpsTransport({ source: 'benchmark', server, authentication: { type: 'none' } }, { env: {} });
/** In front of a server that does not know WatchList, as Kubernetes 1.33. */
const withoutWatchList = {
  server,
  /** @type {typeof https.stream} */
  stream: async (path, query, signal) => {
    if (query['sendInitialEvents'] === undefined) return https.stream(path, query, signal);
    return { status: 422, headers: {}, body: Readable.from([Buffer.from('{}')]) };
  },
};
const transport = mode === 'list' ? withoutWatchList : https;

await measure(async () => {
  let objects = 0;
  const source = createClusterSource({ transport, nodeName: 'node-0' });
  source.start((batch) => {
    if (batch.type === 'replace') objects += batch.objects.length;
  });
  await source.synced;
  const modes = source.status().map(({ warnings }) => warnings.length > 0);
  if (modes.some((isListed) => isListed !== (mode === 'list'))) throw new Error('not the mode that was asked for');
  return objects;
});
