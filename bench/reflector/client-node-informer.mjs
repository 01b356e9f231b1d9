// client-node's informers: client-node-informer.mjs URL
import process from 'node:process';
import { CoreV1Api, DiscoveryV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node';
import { measure } from './measure.mjs';

const config = new KubeConfig();
config.loadFromClusterAndUser({ name: 'c', server: process.argv[2] ?? '', skipTLSVerify: true }, { name: 'u' });
const core = config.makeApiClient(CoreV1Api);
const discovery = config.makeApiClient(DiscoveryV1Api);

await measure(async () => {
  const services = makeInformer(config, '/api/v1/services', () => core.listServiceForAllNamespaces());
  const slices = makeInformer(config, '/apis/discovery.k8s.io/v1/endpointslices', () =>
    discovery.listEndpointSliceForAllNamespaces(),
  );
  // Resolves when the list has been taken and the watch begins.
  await Promise.all([services.start(), slices.start()]);
  return services.list().length + slices.list().length;
});
