import { describe, expect, it } from 'vitest';
import { service, slice } from '@nftproxier/core/testing';
import { collectDiagnostics } from '../../src/status/diagnostics.js';
import { summarise } from '../../src/status/latency.js';
import { statusOf } from '../../src/status/status.js';
import type { Status } from '../../src/status/status.js';
import { nextTurn } from '../../src/status/walk.js';
import { begin, createScene, watchStatus } from './scene.js';
import type { Scene } from './scene.js';

const statusIn = async ({ proxy }: Scene): Promise<Status> =>
  statusOf(proxy, await collectDiagnostics(proxy.cluster().planner, nextTurn));

const web = service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] });

const watching = watchStatus('Service', 3, { path: '/api/v1/services' });

describe('statusOf', () => {
  it('is starting, then serving', async () => {
    const scene = createScene();
    expect(await statusIn(scene)).toMatchObject({ state: 'starting', problems: [], syncs: { recent: [] } });
    expect(await statusIn(scene)).not.toHaveProperty('table');
    scene.set('Service', web);
    await scene.sync(12);
    expect(await statusIn(scene)).toMatchObject({
      version: '0.1.0',
      node: 'node-a',
      state: 'serving',
      problems: [],
      table: { name: 'nftproxier', services: 1, servicePorts: 1, slots: 0 },
      syncs: {
        changes: 0,
        replacements: 1,
        failures: 0,
        lastSuccess: begin + 12,
        duration: { samples: 1, median: 12, longest: 12 },
        recent: [{ kind: 'replace', ok: true, services: 1, milliseconds: 12, phases: { plan: 0, write: 0 } }],
      },
    });
  });

  it('is failing while syncs fail, and says why', async () => {
    const scene = createScene();
    await scene.sync();
    scene.failure = Object.assign(new Error('nft is \u001b[31mmissing'), { code: 'NFT_MISSING' });
    scene.set('Service', web);
    await scene.sync();
    const failing = await statusIn(scene);
    expect(failing.state).toBe('failing');
    expect(failing.problems[0]).toMatchObject({ severity: 'error', code: 'sync-failing' });
    expect(failing.problems[0]?.message).toContain('NFT_MISSING');
    expect(JSON.stringify(failing)).not.toMatch(/\\u001b/);
    expect(failing.syncs.recent[0]).toMatchObject({ ok: false, error: { code: 'NFT_MISSING' } });
    scene.failure = undefined;
    await scene.sync();
    expect(await statusIn(scene)).toMatchObject({ state: 'serving', syncs: { failures: 1 } });
  });

  it('is impaired by a refused Service, which is listed', async () => {
    const scene = createScene();
    await scene.sync();
    scene.poison.add('default/web');
    scene.set('Service', web);
    await scene.sync();
    expect(await statusIn(scene)).toMatchObject({
      state: 'impaired',
      problems: [{ severity: 'warning', code: 'quarantine' }],
      quarantine: { total: 1, services: [{ service: 'default/web', code: 'NFT_REFUSED', servesEarlierState: false }] },
    });
  });

  it.each([
    ['a watch that just broke', { staleSince: begin }, 'serving'],
    ['a watch that is broken for long', { staleSince: begin - 60_000 }, 'impaired'],
    [
      'a warning',
      { warnings: [{ code: 'permission-missing' as const, message: 'may not list', since: begin }] },
      'impaired',
    ],
  ])('%s', async (_, trouble, state) => {
    const scene = createScene();
    scene.source = { kind: 'kubernetes', watches: [{ ...watching, ...trouble }] };
    await scene.sync();
    expect((await statusIn(scene)).state).toBe(state);
  });

  it('is impaired by what the node lacks, and failing where nothing may be written', async () => {
    const scene = createScene();
    await scene.sync();
    scene.warnings = ['clusterCIDR has no IPv6 range'];
    expect(await statusIn(scene)).toMatchObject({ state: 'impaired', problems: [{ code: 'node-settings' }] });
    scene.problem = 'the Node has no podCIDRs';
    expect(await statusIn(scene)).toMatchObject({ state: 'failing', problems: [{ code: 'configuration' }, {}] });
  });

  it('tells conflicts apart from other diagnostics, and counts all of them', async () => {
    const scene = createScene();
    const rivals = [1, 2].map((index) =>
      service({
        name: `r${String(index)}`,
        clusterIP: `10.96.0.${String(index)}`,
        ports: [{ port: 80, nodePort: 30000 }],
      }),
    );
    scene.set(
      'Service',
      ...rivals,
      service({ name: 'bad', clusterIP: '10.96.0.9', ports: [80], externalIPs: ['nonsense'] }),
    );
    scene.set('EndpointSlice', slice({ name: 'orphan', ports: [80], endpoints: ['10.244.0.1'] }));
    await scene.sync();
    const { diagnostics, state } = await statusIn(scene);
    expect(state).toBe('serving');
    expect(diagnostics.conflicts).toMatchObject([{ code: 'address-conflict', name: 'r2' }]);
    expect(diagnostics.others.map(({ code }) => code).sort()).toEqual(['invalid-address', 'no-service']);
    expect(diagnostics.total).toBe(3);
  });

  it('stays small, whatever the number of diagnostics and syncs', async () => {
    const scene = createScene();
    scene.set(
      'Service',
      ...Array.from({ length: 1_000 }, (_, index) =>
        service({
          name: `s${String(index)}`,
          clusterIP: `10.96.${String(index >> 8)}.${String(index & 255)}`,
          ports: [{ port: 80, nodePort: 30000 }],
          externalIPs: ['nonsense'],
        }),
      ),
    );
    await scene.sync();
    for (let index = 0; index < 500; index += 1) {
      scene.set('Service', service({ name: 's0', clusterIP: '10.96.0.0', ports: [1 + index] }));
      await scene.sync();
      scene.proxy.history.programmed(new Date(scene.proxy.now() - index).toISOString());
    }
    const status = await statusIn(scene);
    expect(status.diagnostics.byCode).toMatchObject({ 'address-conflict': 998, 'invalid-address': 999 });
    expect(status.diagnostics.conflicts).toHaveLength(100);
    expect(status.syncs).toMatchObject({ changes: 500, programming: { samples: 240, longest: 499, median: 379 } });
    expect(scene.proxy.history.records).toHaveLength(240);
    expect(JSON.stringify(status).length).toBeLessThan(100_000);
  });
});

describe('summarise', () => {
  it('takes quantiles by nearest rank', () => {
    const samples = Array.from({ length: 100 }, (_, index) => ({ milliseconds: 100 - index }));
    expect(summarise(samples)).toEqual({ samples: 100, median: 50, p90: 90, p99: 99, longest: 100 });
    expect(summarise([])).toEqual({ samples: 0 });
    expect(summarise([{ milliseconds: 7 }])).toEqual({ samples: 1, median: 7, p90: 7, p99: 7, longest: 7 });
  });
});
