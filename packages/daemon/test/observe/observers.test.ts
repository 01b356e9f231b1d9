import type { ServiceKey } from '@nftproxier/core';
import { NftKilledError } from '@nftproxier/nft';
import type { Loader, RefusedService } from '@nftproxier/nft';
import { lastChangeTriggerTimeAnnotation, nodeView } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import { afterEach, expect, test } from 'vitest';
import type { EventFacts } from '../../src/events/index.js';
import { createMetrics } from '../../src/metrics/index.js';
import { eventsObserver } from '../../src/observe/events.js';
import { metricsObserver } from '../../src/observe/metrics.js';
import type { MetricsObserverOptions } from '../../src/observe/metrics.js';
import { ServiceTallies } from '../../src/observe/tallies.js';
import { ClusterState } from '../../src/sync/cluster.js';
import type { SyncOutcome } from '../../src/sync/proxy.js';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const web = 'default/web' as ServiceKey;

const refusal = (message: string): RefusedService =>
  ({ service: web, change: { service: web, plan: undefined }, error: new Error(message) }) as unknown as RefusedService;

const outcome = (refused: readonly RefusedService[]): SyncOutcome => ({
  ok: true,
  milliseconds: 4,
  report: {
    kind: 'change',
    changes: [],
    applied: { transactions: 1, operations: 2, elements: 3, refused },
    interrupted: false,
    network: false,
    phases: { plan: 1, write: 3 },
  },
});

function scene(more: Partial<MetricsObserverOptions> = {}) {
  const metrics = createMetrics({
    ...{ version: '', nodeVersion: '', platform: '', featureGates: {}, readFile: () => '', startTime: 0 },
  });
  ends.push(metrics.stop);
  const refused = new Map<ServiceKey, RefusedService>();
  const loader = { refused, model: undefined } as unknown as Loader;
  const cluster = new ClusterState(nodeView('node-a'));
  const observer = metricsObserver({
    ...{ families: ['IPv4'], metrics, loader, cluster: () => cluster, startTime: 0, now: () => 5_000 },
    ...more,
  });
  return { metrics, refused, loader, cluster, observer };
}

test('changes are pending until a sync that began after them has succeeded', async () => {
  const { metrics, cluster, observer } = scene();
  const pending = async (): Promise<string | undefined> =>
    /^kubeproxy_sync_proxy_rules_service_changes_pending (\d+)$/mu.exec(await metrics.page.render())?.[1];
  const put = (): void => {
    cluster.apply({ kind: 'Service', type: 'delta', events: [{ type: 'set', object: service({ name: 'web' }) }] });
  };
  put();
  expect(await pending()).toBe('1');
  observer.began?.();
  put();
  await observer.synced?.(outcome([]));
  expect(await pending()).toBe('1');
  observer.began?.();
  await observer.synced?.({ ok: false, error: new NftKilledError('SIGKILL'), milliseconds: 1 });
  expect(await pending()).toBe('1');
  await observer.synced?.(outcome([]));
  expect(await pending()).toBe('0');
  expect(await metrics.page.render()).toMatch(/^kubeproxy_sync_proxy_rules_service_changes_total 2$/mu);
});

test('the endpoints of a first list are measured in turns', async () => {
  const told = { pauses: 0, measured: 0 };
  const pause = (): Promise<void> => Promise.resolve(void (told.pauses += 1));
  const { cluster, observer } = scene({ pause, programmed: () => (told.measured += 1) });
  const annotations = { [lastChangeTriggerTimeAnnotation]: '2026-01-02T03:04:05Z' };
  const objects = Array.from({ length: 30 }, (_, index) =>
    slice({ service: `s${String(index)}`, ports: [80], endpoints: ['10.244.0.1'], annotations }),
  );
  cluster.apply({ kind: 'EndpointSlice', type: 'replace', objects });
  observer.began?.();
  await observer.synced?.(outcome([]));
  expect(told).toEqual({ pauses: 30, measured: 30 });
  await observer.synced?.(outcome([]));
  expect(told.measured).toBe(30);
});

test('failures are counted by what failed', async () => {
  const { metrics, observer } = scene();
  observer.choreFailed?.('delete stale chains');
  await observer.synced?.({ ok: false, error: new NftKilledError('SIGKILL'), milliseconds: 1 });
  await observer.synced?.({ ok: false, error: 'what', milliseconds: 1 });
  const page = await metrics.page.render();
  expect(page).toMatch(/^kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total\{ip_family="IPv4"\} 1$/mu);
  expect(page).toMatch(/^kubeproxy_sync_proxy_rules_nftables_sync_failures_total\{ip_family="IPv4"\} 2$/mu);
  expect(page).toMatch(/^nftproxier_transaction_failures_total\{code="NFT_KILLED"\} 1$/mu);
  expect(page).toMatch(/^nftproxier_transaction_failures_total\{code="UNKNOWN"\} 1$/mu);
});

test('trigger times are measured when a sync has written what they were about', async () => {
  const { metrics, cluster, observer } = scene();
  const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': new Date(3_000).toISOString() };
  const object = slice({ service: 'web', ports: [8080], endpoints: ['10.244.0.1'], annotations });
  cluster.apply({ kind: 'EndpointSlice', type: 'delta', events: [{ type: 'set', object }] });
  observer.began?.();
  await observer.synced?.({ ok: false, error: 'what', milliseconds: 1 });
  expect(await metrics.page.render()).not.toContain('kubeproxy_network_programming_duration_seconds_count{');
  observer.began?.();
  await observer.synced?.(outcome([]));
  await observer.synced?.(outcome([]));
  const page = await metrics.page.render();
  expect(page).toMatch(/^kubeproxy_network_programming_duration_seconds_count\{ip_family="IPv4"\} 1$/mu);
  expect(page).toMatch(/^kubeproxy_network_programming_duration_seconds_sum\{ip_family="IPv4"\} 2$/mu);
});

test('a Service that stays refused is one quarantine and one Event, until the reason is another or it was served', async () => {
  const { metrics, refused, loader, observer } = scene();
  const events: EventFacts[] = [];
  const told = eventsObserver({
    ...{ events: { emit: (event) => events.push(event) }, loader, uidOf: () => 'uid-1' },
  });
  const sync = async (...messages: readonly string[]): Promise<void> => {
    refused.clear();
    for (const message of messages) refused.set(web, refusal(message));
    for (const one of [observer, told]) await one.synced?.(outcome([...refused.values()]));
  };
  for (const message of ['bad', 'bad', 'worse']) await sync(message);
  await sync();
  await sync('worse');
  expect(events.map(({ reason, note, regarding }) => [reason, note, regarding.name, regarding.uid])).toEqual([
    ['RulesRefused', 'bad', 'web', 'uid-1'],
    ['RulesRefused', 'worse', 'web', 'uid-1'],
    ['RulesRefused', 'worse', 'web', 'uid-1'],
  ]);
  expect(await metrics.page.render()).toMatch(/^nftproxier_quarantines_total 3$/mu);
});

test('only conflicts between Services are Events: what is wrong with one object is in the log', () => {
  const { loader } = scene();
  const events: EventFacts[] = [];
  const told = eventsObserver({
    ...{ events: { emit: (event) => events.push(event) }, loader, uidOf: () => undefined },
  });
  const found = { kind: 'Service', namespace: 'shop', name: 'web', field: 'spec.externalIPs[0]', message: 'taken' };
  told.diagnosed?.({ ...found, code: 'invalid-address' });
  told.diagnosed?.({ ...found, code: 'address-conflict' });
  expect(events).toEqual([
    expect.objectContaining({
      regarding: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'web' },
      reason: 'AddressConflict',
      note: 'taken',
    }),
  ]);
});

test('totals are those of what is served, however often it changes', () => {
  const cluster = new ClusterState(nodeView('node-a'));
  const tallies = new ServiceTallies();
  const put = (addresses: readonly string[]): void => {
    const object = slice({ service: 'web', ports: [8080], endpoints: addresses });
    const web = service({ name: 'web', clusterIP: '10.96.0.80', ports: [80], internalTrafficPolicy: 'Local' });
    cluster.apply({ kind: 'Service', type: 'delta', events: [{ type: 'set', object: web }] });
    cluster.apply({ kind: 'EndpointSlice', type: 'delta', events: [{ type: 'set', object }] });
    for (const { service: key, plan } of cluster.planner.takeChanges()) tallies.set(key, plan);
  };
  put(['10.0.0.1']);
  put(['10.0.0.1', '10.0.0.2']);
  expect(tallies.withoutLocalEndpoints('internal', 'IPv4')).toBe(1);
  tallies.set(web, undefined);
  expect([tallies.endpoints, tallies.withoutLocalEndpoints('internal', 'IPv4')]).toEqual([0, 0]);
});
