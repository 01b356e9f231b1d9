import { describe, expect, it } from 'vitest';
import { createClusterSource, type ClusterBatch, type ClusterSource } from '@nftproxier/daemon/reflector';
import {
  ApiServer,
  memoryTransport,
  recordedObjects,
  type ApiServerOptions,
} from '../../../../test/api-server/index.js';
import { FakeClock } from './fake-clock.js';
import { service, slice } from './objects.js';

interface Stage {
  readonly clock: FakeClock;
  readonly api: ApiServer;
  readonly source: ClusterSource;
  readonly batches: ClusterBatch[];
  readonly warnings: { readonly kind: string; readonly code: string; readonly message: string }[];
  objects(kind: ClusterBatch['kind']): string[];
}

function stage(options: Omit<ApiServerOptions, 'clock'> = {}): Stage {
  const clock = new FakeClock();
  const api = new ApiServer({ objects: recordedObjects(), ...options, clock });
  const warnings: { kind: string; code: string; message: string }[] = [];
  const source = createClusterSource({
    transport: memoryTransport(api),
    nodeName: 'node-a',
    clock,
    random: () => 0.5,
    onWarning: (warning) => warnings.push(warning),
  });
  const batches: ClusterBatch[] = [];
  return {
    clock,
    api,
    source,
    batches,
    warnings,
    objects: (kind) => {
      const names = new Map<string, string>();
      for (const batch of batches) {
        if (batch.kind !== kind) continue;
        if (batch.type === 'replace') {
          names.clear();
          for (const { metadata } of batch.objects) names.set(metadata?.name ?? '', metadata?.name ?? '');
        } else {
          for (const event of batch.events) {
            const name = event.object.metadata?.name ?? '';
            if (event.type === 'set') names.set(name, name);
            else names.delete(name);
          }
        }
      }
      return [...names.keys()].sort();
    },
  };
}

describe('a cluster source', () => {
  it('asks for what kube-proxy asks for, and tells what it keeps of the recorded cluster', async () => {
    const { clock, api, source, batches, objects } = stage();
    source.start((batch) => void batches.push(batch));
    await clock.settle();
    await source.synced;
    expect(api.requests.map(({ path, query }) => [path, query['labelSelector'], query['fieldSelector']])).toEqual([
      ['/api/v1/services', '!service.kubernetes.io/service-proxy-name', 'spec.clusterIP!=None'],
      ['/apis/discovery.k8s.io/v1/endpointslices', '!service.kubernetes.io/headless', undefined],
      ['/api/v1/nodes', undefined, 'metadata.name=node-a'],
      ['/apis/networking.k8s.io/v1/servicecidrs', undefined, undefined],
    ]);
    // Neither headless "db" nor "mesh", which another proxy takes care of.
    expect(objects('Service')).toEqual([
      'admin',
      'cart',
      'frontend',
      'frontend-external',
      'kube-dns',
      'kubernetes',
      'legacy',
      'metrics',
      'nobody',
    ]);
    expect(objects('Node')).toEqual(['node-a']);
    // Fields that are undefined are as good as absent.
    expect(JSON.parse(JSON.stringify(batches))).toMatchSnapshot();
    await source.stop();
    expect(clock.pending).toBe(0);
  });

  it('tells changes of each kind', async () => {
    const { clock, api, source, batches, objects } = stage();
    source.start((batch) => void batches.push(batch));
    await clock.settle();
    batches.length = 0;
    api.put(service('new'));
    api.put(slice('new-abcde', 'new', ['10.0.0.1', '10.0.0.2']));
    api.delete('Service', 'shop', 'cart');
    await clock.settle();
    expect(batches.map(({ kind, type }) => `${kind} ${type}`).sort()).toEqual([
      'EndpointSlice delta',
      'Service delta',
      'Service delta',
    ]);
    expect(objects('Service')).toEqual(['new']);
    expect(source.status().map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'Service watching',
      'EndpointSlice watching',
      'Node watching',
      'ServiceCIDR watching',
    ]);
    await source.stop();
  });

  it('follows a Service that comes under, or leaves, the care of another proxy', async () => {
    const { clock, api, source, batches, objects } = stage();
    source.start((batch) => void batches.push(batch));
    await clock.settle();
    const other = { 'service.kubernetes.io/service-proxy-name': 'other' };
    const cart = api.objects('Service').find(({ metadata }) => metadata.name === 'cart')!;
    api.put({ ...cart, kind: 'Service', metadata: { ...cart.metadata, labels: other } });
    await clock.settle();
    expect(objects('Service')).not.toContain('cart');
    api.put({ ...cart, kind: 'Service', metadata: { ...cart.metadata, labels: {} } });
    await clock.settle();
    expect(objects('Service')).toContain('cart');
    await source.stop();
  });

  for (const [what, options] of [
    ['does not serve ServiceCIDRs', { notServed: ['servicecidrs'] }],
    ['forbids ServiceCIDRs', { forbidden: ['system:admin watch servicecidrs', 'system:admin list servicecidrs'] }],
  ] as const) {
    it(`does without, in a cluster that ${what}, with a warning`, async () => {
      const { clock, api, source, batches, warnings, objects } = stage(options);
      let synced = false;
      void source.synced.then(() => (synced = true));
      source.start((batch) => void batches.push(batch));
      await clock.settle();
      expect(synced).toBe(true);
      expect(batches.filter(({ kind }) => kind === 'ServiceCIDR')).toEqual([
        { kind: 'ServiceCIDR', type: 'replace', objects: [] },
      ]);
      expect(warnings.map(({ kind }) => kind)).toEqual(['ServiceCIDR']);
      expect(warnings[0]!.message).toContain('servicecidrs');
      api.put(service('new'));
      await clock.settle();
      expect(objects('Service')).toContain('new');
      // Rarely asked for again, and used when it is there.
      await clock.advance(3_600_000);
      const asked = api.requests.filter(({ path }) => path.includes('servicecidrs')).length;
      expect(asked).toBeLessThanOrEqual(13);
      api.setForbidden([]);
      await clock.advance(600_000);
      expect(objects('ServiceCIDR')).toEqual('forbidden' in options ? ['kubernetes'] : []);
      await source.stop();
    });
  }

  it('keeps the ServiceCIDRs that it knows when they are forbidden later', async () => {
    const { clock, api, source, batches, objects } = stage();
    source.start((batch) => void batches.push(batch));
    await clock.settle();
    api.setForbidden(['system:admin watch servicecidrs']);
    for (const watch of api.watchesOf('ServiceCIDR')) watch.cut('rst');
    await clock.advance(600_000);
    expect(objects('ServiceCIDR')).toEqual(['kubernetes']);
    expect(source.status().find(({ kind }) => kind === 'ServiceCIDR')!.warnings).toMatchObject([
      { code: 'permission-missing' },
    ]);
    await source.stop();
  });

  it('cannot be started twice', async () => {
    const { source, clock } = stage();
    source.start(() => undefined);
    expect(() => source.start(() => undefined)).toThrow('was started before');
    await source.stop();
    await clock.settle();
    expect(clock.pending).toBe(0);
  });
});
