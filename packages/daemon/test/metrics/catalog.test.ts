import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { describe, expect, test } from 'vitest';
import { catalog, kubeProxyMetrics, type Metric, metricsReference, sliMetrics } from '../../src/metrics/index.js';

const sync = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384];
const range = (from: number, to: number, step: number): readonly number[] =>
  from > to ? [] : [from, ...range(from + step, to, step)];
const programming = [0.25, 0.5, ...range(1, 59, 1), ...range(60, 115, 5), ...range(120, 300, 30)];

/** What kube-proxy 1.36 registers in nftables mode, written down independently of the catalogue. */
const expected: readonly (readonly [string, Metric['type'], readonly string[], (readonly number[])?])[] = [
  ['kubeproxy_sync_proxy_rules_duration_seconds', 'histogram', ['ip_family'], sync],
  ['kubeproxy_sync_full_proxy_rules_duration_seconds', 'histogram', ['ip_family'], sync],
  ['kubeproxy_sync_partial_proxy_rules_duration_seconds', 'histogram', ['ip_family'], sync],
  ['kubeproxy_network_programming_duration_seconds', 'histogram', ['ip_family'], programming],
  ['kubeproxy_sync_proxy_rules_last_timestamp_seconds', 'gauge', ['ip_family']],
  ['kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds', 'gauge', ['ip_family']],
  ['kubeproxy_sync_proxy_rules_endpoint_changes_pending', 'gauge', []],
  ['kubeproxy_sync_proxy_rules_endpoint_changes_total', 'counter', []],
  ['kubeproxy_sync_proxy_rules_service_changes_pending', 'gauge', []],
  ['kubeproxy_sync_proxy_rules_service_changes_total', 'counter', []],
  ['kubeproxy_sync_proxy_rules_no_local_endpoints_total', 'gauge', ['traffic_policy', 'ip_family']],
  ['kubeproxy_sync_proxy_rules_nftables_sync_failures_total', 'counter', ['ip_family']],
  ['kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total', 'counter', ['ip_family']],
  ['kubeproxy_conntrack_reconciler_sync_duration_seconds', 'histogram', ['ip_family'], sync],
  ['kubeproxy_conntrack_reconciler_deleted_entries_total', 'counter', ['ip_family']],
  ['kubeproxy_proxy_healthz_total', 'counter', ['code']],
  ['kubeproxy_proxy_livez_total', 'counter', ['code']],
];

test("kube-proxy's metrics are complete: names, types, labels and buckets", () => {
  const have = (kubeProxyMetrics as readonly Metric[]).map(({ name, type, labels, buckets }) => [
    name,
    type,
    labels,
    ...(buckets ? [buckets] : []),
  ]);
  expect(have).toEqual(expected.map((row) => [...row]));
});

describe('every metric', () => {
  const all: readonly Metric[] = [...catalog, ...sliMetrics];
  test('has a name of its own that Prometheus accepts', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.filter(({ name }) => !/^[a-z][a-z0-9_]*$/u.test(name))).toEqual([]);
  });
  test('is named after its type and unit', () => {
    const odd = all.filter(({ name, type }) => (type === 'counter') !== name.endsWith('_total'));
    // A gauge that kube-proxy calls a total.
    expect(odd.map(({ name }) => name)).toEqual(['kubeproxy_sync_proxy_rules_no_local_endpoints_total']);
  });
  test('has buckets that rise if it is a histogram, and none otherwise', () => {
    for (const { type, buckets } of all) {
      expect(buckets !== undefined).toBe(type === 'histogram');
      expect(buckets?.toSorted((a, b) => a - b)).toEqual(buckets);
    }
  });
  test('begins only with labels it has', () => {
    for (const { labels, initial = [] } of all)
      for (const values of initial) expect(Object.keys(values).toSorted()).toEqual([...labels].toSorted());
  });
  test('is on the reference page', () => {
    const page = metricsReference();
    expect(all.filter(({ name }) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  });
});

test('the reference page is fresh (vitest -u writes it anew)', async () => {
  const page = await format(metricsReference(), { parser: 'markdown', printWidth: 120 });
  await expect(page).toMatchFileSnapshot(
    fileURLToPath(new URL('../../../../docs/reference/metrics.md', import.meta.url)),
  );
});
