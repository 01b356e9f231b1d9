// client-node's typed lists: client-node-list.mjs URL
import process from 'node:process';
import { CoreV1Api, DiscoveryV1Api, KubeConfig } from '@kubernetes/client-node';
import { measure } from './measure.mjs';

const config = new KubeConfig();
config.loadFromClusterAndUser({ name: 'c', server: process.argv[2] ?? '', skipTLSVerify: true }, { name: 'u' });
const core = config.makeApiClient(CoreV1Api);
const discovery = config.makeApiClient(DiscoveryV1Api);

await measure(async () => {
  const [services, slices] = await Promise.all([
    core.listServiceForAllNamespaces(),
    discovery.listEndpointSliceForAllNamespaces(),
  ]);
  return services.items.length + slices.items.length;
});
