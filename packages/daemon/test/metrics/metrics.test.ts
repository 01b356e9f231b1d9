import { afterEach, describe, expect, test } from 'vitest';
import {
  catalog,
  conntrackUse,
  createMetrics,
  type Metric,
  type Metrics,
  recordProbe,
  recordProgramming,
  recordQueued,
  recordSync,
} from '../../src/metrics/index.js';
import { parseExposition, type ParsedFamily } from './exposition.js';

const files: Readonly<Record<string, string>> = {
  '/proc/sys/net/netfilter/nf_conntrack_count': '12\n',
  '/proc/sys/net/netfilter/nf_conntrack_max': '100\n',
};

const read = (path: string): string => {
  const text = files[path];
  if (text === undefined) throw new Error(`ENOENT ${path}`);
  return text;
};

const made: Metrics[] = [];
const create = (): Metrics => {
  const metrics = createMetrics({
    version: '1.2.3',
    nodeVersion: 'v24.0.0',
    platform: 'linux/amd64',
    featureGates: { AllowServiceExternalIPs: false },
    readFile: read,
    startTime: 5_500,
  });
  made.push(metrics);
  return metrics;
};
afterEach(() => {
  for (const metrics of made.splice(0)) metrics.stop();
});

const scrape = async (metrics: Metrics): Promise<ReadonlyMap<string, ParsedFamily>> =>
  parseExposition(await metrics.page.render());

const value = (
  families: ReadonlyMap<string, ParsedFamily>,
  name: string,
  labels: Record<string, string> = {},
): number | undefined => {
  const family = families.get(name) ?? families.get(name.replace(/_(?:count|sum|bucket)$/u, ''));
  return family?.samples.find(
    (sample) => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels),
  )?.value;
};

describe('/metrics', () => {
  test('is text that a strict parser accepts, with every metric of the catalogue under its type and help', async () => {
    const families = await scrape(create());
    for (const { name, type, help } of catalog as readonly Metric[])
      expect(families.get(name)).toMatchObject({ type, help });
  });

  test('has the metrics of the process', async () => {
    const families = await scrape(create());
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'process_open_fds',
      'process_start_time_seconds',
    ])
      expect(value(families, name)).toBeGreaterThan(0);
  });

  test('says what this is, and which gates are on', async () => {
    const families = await scrape(create());
    expect(families.get('kubernetes_build_info')?.samples[0]).toMatchObject({
      value: 1,
      labels: { git_version: 'v1.2.3', major: '1', minor: '2', platform: 'linux/amd64', go_version: 'node v24.0.0' },
    });
    const gates = families.get('kubernetes_feature_enabled')?.samples ?? [];
    expect(gates.find(({ labels }) => labels['name'] === 'AllowServiceExternalIPs')).toMatchObject({
      value: 0,
      labels: { stage: '' },
    });
    expect(gates.find(({ labels }) => labels['name'] === 'ComponentFlagz')).toMatchObject({
      value: 1,
      labels: { stage: 'BETA' },
    });
  });

  test('counters of known labels begin at 0', async () => {
    expect(value(await scrape(create()), 'kubeproxy_proxy_livez_total', { code: '503' })).toBe(0);
  });

  test('is served as the text format', () => {
    expect(create().page.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  test('labels from outside cannot break the format', async () => {
    const metrics = create();
    metrics.add('nftproxier_diagnostics_total', 1, { code: 'a"b\\c\nd' });
    const families = await scrape(metrics);
    expect(families.get('nftproxier_diagnostics_total')?.samples.map(({ labels }) => labels['code'])).toEqual([
      'a\\"b\\\\c\\nd',
    ]);
  });

  test('gauges that are read are read at each scrape', async () => {
    const metrics = create();
    let services = 0;
    metrics.beforeScrape(() => {
      services += 1;
      metrics.set('nftproxier_services', services);
    });
    expect(value(await scrape(metrics), 'nftproxier_services')).toBe(1);
    const families = await scrape(metrics);
    expect(value(families, 'nftproxier_services')).toBe(2);
    expect(value(families, 'nftproxier_conntrack_entries')).toBe(12);
    expect(value(families, 'nftproxier_conntrack_entries_limit')).toBe(100);
    expect(value(families, 'nftproxier_event_loop_lag_max_seconds')).toBeGreaterThanOrEqual(0);
  });

  test('amounts that are negative or no number are not added', async () => {
    const metrics = create();
    metrics.add('nftproxier_transactions_total', -1);
    metrics.add('nftproxier_transactions_total', Number.NaN);
    metrics.add('nftproxier_transactions_total', 2);
    expect(value(await scrape(metrics), 'nftproxier_transactions_total')).toBe(2);
  });

  test('a name, a label or a type that is not in the catalogue does not compile', () => {
    const { add, set } = create();
    // @ts-expect-error there is no such metric
    expect(() => add('nftproxier_unknown_total', 1)).not.toThrow();
    // @ts-expect-error the label is missing
    expect(() => add('kubeproxy_proxy_livez_total', 1)).not.toThrow();
    // @ts-expect-error it is a counter
    expect(() => set('nftproxier_transactions_total', 1)).not.toThrow();
  });

  test('two sets of metrics do not disturb each other', async () => {
    const [first, second] = [create(), create()];
    first.set('nftproxier_services', 5);
    expect(value(await scrape(second), 'nftproxier_services')).toBe(0);
  });
});

describe('a sync', () => {
  const facts = { seconds: 0.003, now: 9_000, transactions: 2, operations: 5, elements: 7 };

  test('that wrote what had changed', async () => {
    const metrics = create();
    recordQueued(metrics, ['IPv4', 'IPv6'], 8_000);
    recordSync(metrics, ['IPv4', 'IPv6'], { ...facts, kind: 'change', ok: true });
    const families = await scrape(metrics);
    for (const ip_family of ['IPv4', 'IPv6']) {
      expect(value(families, 'kubeproxy_sync_proxy_rules_duration_seconds_count', { ip_family })).toBe(1);
      expect(value(families, 'kubeproxy_sync_partial_proxy_rules_duration_seconds_count', { ip_family })).toBe(1);
      expect(value(families, 'kubeproxy_sync_full_proxy_rules_duration_seconds_count', { ip_family })).toBeUndefined();
      expect(value(families, 'kubeproxy_sync_proxy_rules_last_timestamp_seconds', { ip_family })).toBe(9);
      expect(value(families, 'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds', { ip_family })).toBe(8);
    }
    expect(
      value(families, 'kubeproxy_sync_proxy_rules_duration_seconds_bucket', { le: '0.002', ip_family: 'IPv4' }),
    ).toBe(0);
    expect(
      value(families, 'kubeproxy_sync_proxy_rules_duration_seconds_bucket', { le: '0.004', ip_family: 'IPv4' }),
    ).toBe(1);
    expect(value(families, 'nftproxier_syncs_total', { kind: 'change', result: 'success' })).toBe(1);
    expect(value(families, 'nftproxier_elements_written_total')).toBe(7);
  });

  test('that failed is counted, timed, and not the last one', async () => {
    const metrics = create();
    recordSync(metrics, ['IPv4'], { ...facts, kind: 'replace', ok: false });
    const families = await scrape(metrics);
    const labels = { ip_family: 'IPv4' };
    expect(value(families, 'kubeproxy_sync_proxy_rules_nftables_sync_failures_total', labels)).toBe(1);
    expect(value(families, 'kubeproxy_sync_full_proxy_rules_duration_seconds_count', labels)).toBe(1);
    expect(value(families, 'kubeproxy_sync_proxy_rules_last_timestamp_seconds', labels)).toBeUndefined();
    expect(value(families, 'nftproxier_syncs_total', { kind: 'replace', result: 'failure' })).toBe(1);
  });
});

test('endpoints on their way: one sample for each trigger since the start', async () => {
  const metrics = create();
  const triggers = ['1970-01-01T00:00:07.123456789Z', '1970-01-01T00:00:01Z', 'yesterday', '2999-01-01T00:00:00Z'];
  recordProgramming(metrics, 'IPv4', triggers, { now: 9_123, startTime: 5_000 });
  const families = await scrape(metrics);
  expect(value(families, 'kubeproxy_network_programming_duration_seconds_count', { ip_family: 'IPv4' })).toBe(2);
  expect(value(families, 'kubeproxy_network_programming_duration_seconds_sum', { ip_family: 'IPv4' })).toBeCloseTo(
    2,
    5,
  );
});

describe('health checks', () => {
  test('are counted under both names, and the page of their own can be reset', async () => {
    const metrics = create();
    recordProbe(metrics, 'healthz', false);
    recordProbe(metrics, 'livez', true);
    recordProbe(metrics, 'readyz', true);
    metrics.checked('ping', 'healthz', true);
    const families = await scrape(metrics);
    expect(value(families, 'kubeproxy_proxy_healthz_total', { code: '503' })).toBe(1);
    expect(value(families, 'kubeproxy_proxy_livez_total', { code: '200' })).toBe(1);
    expect(families.has('kubernetes_healthcheck')).toBe(false);

    const slis = parseExposition(await metrics.slis.render());
    expect(value(slis, 'kubernetes_healthcheck', { name: 'proxy', type: 'healthz' })).toBe(0);
    expect(value(slis, 'kubernetes_healthcheck', { name: 'ping', type: 'healthz' })).toBe(1);
    expect(value(slis, 'kubernetes_healthchecks_total', { name: 'proxy', type: 'healthz', status: 'error' })).toBe(1);
    expect(value(slis, 'process_start_time_seconds')).toBe(5.5);

    metrics.slis.reset();
    const after = parseExposition(await metrics.slis.render());
    expect(after.get('kubernetes_healthchecks_total')?.samples).toEqual([]);
    expect(value(after, 'process_start_time_seconds')).toBe(5.5);
    expect(value(await scrape(metrics), 'kubeproxy_proxy_healthz_total', { code: '503' })).toBe(1);
  });
});

describe('conntrackUse', () => {
  test('reads entries and limit', () => {
    expect(conntrackUse(read)).toEqual({ entries: 12, limit: 100 });
  });
  test.each([
    ['a missing module', () => read('/nowhere')],
    ['nonsense', () => 'many'],
  ])('is not known with %s', (_, broken) => {
    expect(conntrackUse(broken)).toBeUndefined();
  });
});
