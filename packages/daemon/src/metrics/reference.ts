import { kubeProxyMetrics, type Metric, ownMetrics, sliMetrics, standardMetrics } from './catalog/index.js';

const bounds = ({ buckets = [] }: Metric): string => {
  const [first, last] = [buckets[0], buckets.at(-1)];
  return first === undefined || last === undefined
    ? ''
    : `${String(buckets.length)} from ${String(first)} to ${String(last)}`;
};

const row = (metric: Metric): string =>
  `| \`${metric.name}\` | ${metric.type} | ${metric.labels.map((label) => `\`${label}\``).join(', ')} | ${bounds(metric)} | ${metric.help}. |`;

const table = (metrics: readonly Metric[]): string =>
  ['| Metric | Type | Labels | Buckets | Meaning |', '| --- | --- | --- | --- | --- |', ...metrics.map(row)].join('\n');

/** The reference page of the metrics, as Markdown. */
export const metricsReference = (): string =>
  `${[
    '<!-- Generated from the metric catalogue: edit that, not this page. -->',
    '# Metrics',
    'Served at `/metrics` of the metrics address (`127.0.0.1:10249` by default) in the text format of Prometheus.',
    '`ip_family` is `IPv4` or `IPv6`. One transaction writes both families, so the values of a sync are the same for each family that is served.',
    `## Metrics of kube-proxy\n\nUnder kube-proxy's names, types, labels and buckets, so that dashboards and alerts go on working.\n\n${table(kubeProxyMetrics)}`,
    `## Metrics of nftproxier\n\n${table(ownMetrics)}`,
    `## Metrics of every Kubernetes component\n\n${table(standardMetrics)}`,
    `## Metrics of the process\n\nNames that start with \`process_\` (processor time, memory, open files, start time) and \`nodejs_\` (event loop, heap, garbage collection), as the prom-client library defines them. There are no \`go_\` metrics: nothing here is written in Go.`,
    `## Metrics of health checks\n\nServed at \`/metrics/slis\`; a \`DELETE\` request resets them.\n\n${table(sliMetrics)}`,
  ].join('\n\n')}\n`;
