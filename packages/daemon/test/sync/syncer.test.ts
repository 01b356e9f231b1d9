import { nodeView } from '@nftproxier/core';
import type { Diagnostic } from '@nftproxier/core';
import { node, service, slice } from '@nftproxier/core/testing';
import { Loader, NftKilledError, NftRefusedError, defaultTableSettings } from '@nftproxier/nft';
import type { NetworkElements, TableSettings } from '@nftproxier/nft';
import { FakeNft, createFakeLoadTarget } from '@nftproxier/nft/testing';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/sources/source.js';
import { ClusterState } from '../../src/sync/cluster.js';
import { Syncer } from '../../src/sync/syncer.js';

function scene() {
  const fake = new FakeNft();
  const inner = createFakeLoadTarget(fake);
  let failure: Error | undefined;
  let transactions = 0;
  const loader = new Loader({
    ...inner,
    apply: async (transaction) => {
      transactions += 1;
      if (failure !== undefined) throw failure;
      await inner.apply(transaction);
    },
  });
  const cluster = new ClusterState(nodeView('node-a'));
  const wishes: { settings: TableSettings; network: NetworkElements } = {
    settings: defaultTableSettings,
    network: { nodePortAddresses: [], serviceCIDRs: [] },
  };
  const diagnostics: Diagnostic[] = [];
  const syncer = new Syncer({
    cluster,
    loader,
    required: ['Service', 'EndpointSlice', 'Node'],
    wishes: () => wishes,
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  const replace = (kind: Batch['kind'], ...objects: readonly object[]): void => {
    cluster.apply({ kind, type: 'replace', objects });
  };
  const delta = (kind: Batch['kind'], type: 'set' | 'delete', object: object): void => {
    cluster.apply({ kind, type: 'delta', events: [{ type, object }] });
  };
  return {
    fake,
    loader,
    syncer,
    cluster,
    wishes,
    diagnostics,
    replace,
    delta,
    transactions: () => transactions,
    fail: (error: Error | undefined) => {
      failure = error;
    },
  };
}

const web = service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] });
const webSlice = (...endpoints: readonly string[]) => slice({ service: 'web', ports: [8080], endpoints });

function ready() {
  const one = scene();
  one.replace('Service', web);
  one.replace('EndpointSlice', webSlice('10.244.0.1'));
  one.replace('Node', node({ name: 'node-a' }));
  return one;
}

describe('Syncer', () => {
  it('lets others go on between portions of a large cluster', async () => {
    const cluster = new ClusterState(nodeView('node-a'));
    let pauses = 0;
    const syncer = new Syncer({
      cluster,
      loader: new Loader(createFakeLoadTarget(new FakeNft())),
      required: ['Service', 'EndpointSlice'],
      wishes: () => ({ settings: defaultTableSettings, network: { nodePortAddresses: [], serviceCIDRs: [] } }),
      pause: () => {
        pauses += 1;
        return Promise.resolve();
      },
      onDiagnostic: () => undefined,
    });
    const objects = Array.from({ length: 450 }, (_, index) =>
      service({ name: `s${index}`, clusterIP: `10.96.${index >> 8}.${index & 255}`, ports: [80] }),
    );
    cluster.apply({ kind: 'Service', type: 'replace', objects });
    cluster.apply({ kind: 'EndpointSlice', type: 'replace', objects: [] });
    expect((await syncer.sync())?.changes).toHaveLength(450);
    expect(pauses).toBe(8);
  });

  it('writes nothing before everything required has been read', async () => {
    const one = scene();
    one.replace('Service', web);
    expect(await one.syncer.sync()).toBeUndefined();
    one.delta('EndpointSlice', 'set', webSlice('10.244.0.1'));
    one.replace('Node', node({ name: 'node-a' }));
    expect(await one.syncer.sync()).toBeUndefined();
    expect(one.transactions()).toBe(0);
    one.replace('EndpointSlice', webSlice('10.244.0.1'));
    expect((await one.syncer.sync())?.kind).toBe('replace');
    expect(one.fake.dump('nftproxier')).toContain('10.244.0.1');
  });

  it('writes what changed, and nothing where nothing did', async () => {
    const one = ready();
    await one.syncer.sync();
    const before = one.transactions();
    expect(await one.syncer.sync()).toMatchObject({ kind: 'nothing' });
    expect(one.transactions()).toBe(before);
    one.delta('EndpointSlice', 'set', webSlice('10.244.0.2'));
    const report = await one.syncer.sync();
    expect(report).toMatchObject({ kind: 'change', applied: { transactions: 1 } });
    expect(report?.changes[0]?.before?.ports[0]?.cluster).toMatchObject([{ address: '10.244.0.1' }]);
    expect(report?.changes[0]?.after?.ports[0]?.cluster).toMatchObject([{ address: '10.244.0.2' }]);
  });

  it('makes a change that could not be written part of the next sync', async () => {
    const one = ready();
    await one.syncer.sync();
    one.fail(new NftKilledError('SIGKILL'));
    one.delta('EndpointSlice', 'set', webSlice('10.244.0.2'));
    await expect(one.syncer.sync()).rejects.toThrow(NftKilledError);
    one.fail(undefined);
    one.delta('Service', 'set', service({ name: 'other', clusterIP: '10.96.0.81', ports: [80] }));
    expect((await one.syncer.sync())?.changes.map(({ service: key }) => key)).toEqual(['default/web', 'default/other']);
    const table = one.loader.tableName ?? '';
    expect(one.fake.dump(table)).toContain('10.244.0.2');
    expect(one.fake.dump(table)).toContain('10.96.0.81');
  });

  it('says of a refused Service what the kernel serves, and tries it again as it is then', async () => {
    const one = ready();
    await one.syncer.sync();
    one.fail(new NftRefusedError([{ reason: 'other', message: 'refused' }]));
    one.delta('EndpointSlice', 'set', webSlice('10.244.0.2'));
    const report = await one.syncer.sync();
    expect(report?.applied.refused.map(({ service: key }) => key)).toEqual(['default/web']);
    expect(report?.changes[0]?.after?.ports[0]?.cluster).toMatchObject([{ address: '10.244.0.1' }]);
    one.fail(undefined);
    one.syncer.retryRefused();
    one.delta('EndpointSlice', 'set', webSlice('10.244.0.3'));
    expect((await one.syncer.sync())?.changes[0]?.after?.ports[0]?.cluster).toMatchObject([{ address: '10.244.0.3' }]);
    expect(one.loader.refused.size).toBe(0);
    one.syncer.retryRefused();
    expect((await one.syncer.sync())?.kind).toBe('nothing');
  });

  it('loads a table that somebody deleted anew in the same sync', async () => {
    const one = ready();
    await one.syncer.sync();
    await one.fake.apply({ table: 'nftproxier', operations: [{ op: 'delete-table' }] });
    one.delta('EndpointSlice', 'set', webSlice('10.244.0.3'));
    expect((await one.syncer.sync())?.kind).toBe('replace');
    expect(one.fake.dump(one.loader.tableName ?? '')).toContain('10.244.0.3');
  });

  it('replaces the table when its fixed part is to be another, and changes addresses in place', async () => {
    const one = ready();
    await one.syncer.sync();
    one.wishes.network = { nodePortAddresses: ['192.168.10.1' as never], serviceCIDRs: [] };
    expect((await one.syncer.sync())?.kind).toBe('change');
    expect(one.loader.tableName).toBe('nftproxier');
    expect(one.fake.dump('nftproxier')).toContain('192.168.10.1');
    one.wishes.settings = { ...defaultTableSettings, masqueradeAll: true };
    expect((await one.syncer.sync())?.kind).toBe('replace');
    expect(one.loader.tableName).toBe('nftproxier-2');
  });

  it('tells of what cannot be used once, and again when it changes', async () => {
    const one = ready();
    const bad = (port: number) => ({ ...web, spec: { ...web.spec, ports: [{ port: 80 }, { name: 'x', port }] } });
    one.replace('Service', bad(0));
    await one.syncer.sync();
    expect(one.diagnostics.map(({ field }) => field)).toEqual(['spec.ports[1].port']);
    one.delta('EndpointSlice', 'set', webSlice('10.244.0.2'));
    await one.syncer.sync();
    expect(one.diagnostics).toHaveLength(1);
    one.delta('Service', 'set', bad(70_000));
    await one.syncer.sync();
    expect(one.diagnostics).toHaveLength(2);
  });
});

describe('ClusterState', () => {
  it('is complete of a kind only after the last step of its first list', () => {
    const cluster = new ClusterState(nodeView('node-a'));
    const steps = cluster.applying({
      kind: 'Service',
      type: 'replace',
      objects: [web, { ...web, metadata: { name: 'x' } }],
    });
    expect([steps.next().done, steps.next().done, cluster.isComplete(['Service'])]).toEqual([false, false, false]);
    expect([steps.next().done, cluster.isComplete(['Service'])]).toEqual([true, true]);
  });

  it('knows the own Node alone, the ranges of all ServiceCIDRs, and what was triggered when', () => {
    const { cluster, replace, delta } = scene();
    replace('Node', node({ name: 'node-b' }), node({ name: 'node-a', zone: 'z' }));
    expect(cluster.node?.metadata?.name).toBe('node-a');
    delta('Node', 'delete', node({ name: 'node-b' }));
    expect(cluster.node).toBeDefined();
    delta('Node', 'delete', node({ name: 'node-a' }));
    expect(cluster.node).toBeUndefined();

    replace('ServiceCIDR', { metadata: { name: 'a' }, spec: { cidrs: ['10.96.0.0/16', 'junk', 7] } });
    delta('ServiceCIDR', 'set', { metadata: { name: 'b' }, spec: { cidrs: ['fd00::/112'] } });
    expect(cluster.serviceCIDRs).toEqual(['10.96.0.0/16', 'fd00::/112']);
    delta('ServiceCIDR', 'delete', { metadata: { name: 'a' } });
    expect(cluster.serviceCIDRs).toEqual(['fd00::/112']);

    const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z' };
    delta('EndpointSlice', 'set', slice({ service: 'web', ports: [80], endpoints: ['10.244.0.1'], annotations }));
    expect(cluster.takeTriggers()).toEqual([{ family: 'IPv4', time: '2026-01-01T00:00:00Z' }]);
    expect(cluster.takeTriggers()).toEqual([]);
  });
});
