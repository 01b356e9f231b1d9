import { service, slice } from '@nftproxier/core/testing';
import type { WatchStatus } from '@nftproxier/daemon/reflector';
import { begin, createScene, watchStatus } from '../../packages/daemon/test/status/scene.js';
import type { Scene } from '../../packages/daemon/test/status/scene.js';

/** A text that would run if it were not escaped. */
export const hostile = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

const watch = (kind: string, objects: number, more: Partial<WatchStatus> = {}): WatchStatus =>
  watchStatus(kind, objects, { resourceVersion: '184467', watches: 12, ...more });

const endpoints = (count: number, from: number): readonly { readonly address: string; readonly nodeName: string }[] =>
  Array.from({ length: count }, (_, index) => ({
    address: `10.244.${String(1 + (index % 3))}.${String(from + index)}`,
    nodeName: `node-${'abc'.charAt(index % 3)}`,
  }));

const shops = ['cart', 'catalogue', 'checkout', 'currency', 'email', 'frontend', 'payment', 'search', 'shipping'];

/** A node of a small cluster in which some things are wrong, with an hour of syncs behind it. Always the same. */
export async function createShop(): Promise<Scene> {
  const scene = createScene('endpoints');
  scene.source = {
    kind: 'kubernetes',
    watches: [
      watch('Service', 63),
      watch('EndpointSlice', 63),
      watch('Node', 1),
      watch('ServiceCIDR', 1, {
        errors: 3,
        lastError: { at: begin, code: 'timeout', message: 'the API server sent nothing for 45 s' },
      }),
    ],
  };
  for (const [index, name] of shops.entries()) {
    const nodePort = name === 'frontend' ? { nodePort: 30080 } : {};
    scene.set(
      'Service',
      service({
        name,
        namespace: 'shop',
        clusterIPs: [`10.96.12.${String(index)}`, `fd00:10:96::${String(index + 10)}`],
        ports: [{ name: 'http', port: 80, ...nodePort }],
        ...(name === 'frontend' ? { loadBalancerIPs: ['203.0.113.10'] } : {}),
      }),
    );
    scene.set(
      'EndpointSlice',
      slice({
        service: name,
        namespace: 'shop',
        ports: [{ name: 'http', port: 8080 }],
        endpoints: endpoints(3 + index, 20 * index),
      }),
    );
  }
  scene.set(
    'Service',
    service({ name: 'admin', namespace: 'shop', clusterIP: '10.96.20.1', ports: [{ port: 80, nodePort: 30080 }] }),
    service({ name: 'legacy', namespace: 'shop', clusterIP: '10.96.20.2', ports: [80], externalIPs: [hostile] }),
  );
  for (let index = 0; index < 52; index += 1) {
    const name = `team-${String(index).padStart(2, '0')}`;
    scene.set('Service', service({ name, namespace: 'teams', clusterIP: `10.96.30.${String(index)}`, ports: [443] }));
  }
  await scene.sync(212);
  for (let index = 0; index < 200; index += 1) await change(scene, index);
  scene.poison.add('shop/payment');
  scene.set('EndpointSlice', slice({ service: 'payment', namespace: 'shop', ports: [], endpoints: ['10.244.1.1'] }));
  await scene.sync(9);
  await count(scene);
  scene.pass(4_000);
  return scene;
}

/** Half a minute of connections: the frontend has the most, then by name; each goes on to an endpoint in turn. */
async function count(scene: Scene): Promise<void> {
  await scene.count();
  scene.pass(30_000);
  for (const [index, name] of shops.entries()) {
    const connections = name === 'frontend' ? 14_210 : Math.round(4_200 / (index + 1));
    scene.packets.set(`10.96.12.${String(index)} tcp 80`, connections);
    for (const { address } of endpoints(3 + index, 20 * index)) {
      scene.packets.set(`${address} tcp 8080`, Math.round(connections / (3 + index)));
    }
  }
  await scene.count();
}

/** One endpoint of the catalogue is replaced; what it takes repeats every few times, as real ones vary. */
async function change(scene: Scene, index: number): Promise<void> {
  scene.pass(15_000);
  const trigger = new Date(scene.proxy.now() - 20 - ((index * 37) % 90)).toISOString();
  scene.set(
    'EndpointSlice',
    slice({
      service: 'catalogue',
      namespace: 'shop',
      ports: [{ name: 'http', port: 8080 }],
      endpoints: [...endpoints(3, 20), `10.244.3.${String(100 + (index % 100))}`],
    }),
  );
  const took = [3, 4, 3, 5, 16, 3, 17, 4, 3, 6, 16][index % 11] ?? 3;
  if (index === 120) scene.failure = Object.assign(new Error('nft is not there'), { code: 'NFT_MISSING' });
  await scene.sync(index === 120 ? 40 : took);
  scene.failure = undefined;
  scene.proxy.history.programmed(trigger);
}
