import { collectDefaultMetrics, Registry } from 'prom-client';
import { featureGates, featureEnabled } from '../config/index.js';
import { type catalog, catalog as entries, sliMetrics } from './catalog/index.js';
import { conntrackUse } from './conntrack-use.js';
import { measureEventLoopLag } from './event-loop.js';
import { createRecorder, type Recorder } from './recorder.js';

/** A page of metrics in the text format of Prometheus. */
export interface MetricsText {
  readonly contentType: string;
  readonly render: () => Promise<string>;
}

/** What to label the build with, and where to look at scrape time. */
export interface MetricsOptions {
  /** Version of nftproxier, such as `0.1.0`. */
  readonly version: string;
  /** Version of Node, such as `v24.1.0`. */
  readonly nodeVersion: string;
  /** Operating system and processor, such as `linux/amd64`. */
  readonly platform: string;
  /** Feature gates as configured. */
  readonly featureGates: Readonly<Record<string, boolean>>;
  /** Reads a file of /proc. */
  readonly readFile: (path: string) => string;
  /** Milliseconds since the epoch. */
  readonly startTime: number;
}

/** A kind of health check. */
export type CheckType = 'healthz' | 'livez' | 'readyz';

/** The metrics of the daemon: a recorder for what happens, and two pages to read. */
export interface Metrics extends Recorder<(typeof catalog)[number]> {
  /** `/metrics`. */
  readonly page: MetricsText;
  /** `/metrics/slis`. */
  readonly slis: MetricsText & { readonly reset: () => void };
  /** A health check was run: `name` is what was checked, such as `ping` or `proxy`. */
  readonly checked: (name: string, type: CheckType, ok: boolean) => void;
  /** Calls this before every scrape, to set gauges that are read rather than followed. */
  readonly beforeScrape: (refresh: () => void) => void;
  /** Ends what measures in the background. */
  readonly stop: () => void;
}

/** Sets up the metrics in registries of their own, so that a program may have several. */
export const createMetrics = (options: MetricsOptions): Metrics => {
  const registry = new Registry();
  const recorder = createRecorder(registry, entries);
  collectDefaultMetrics({ register: registry });
  const slis = new Registry();
  const sli = createRecorder(slis, sliMetrics);
  const started = (): void => {
    sli.set('process_start_time_seconds', options.startTime / 1000);
  };
  started();
  label(recorder, options);

  const lag = measureEventLoopLag();
  const refreshers: (() => void)[] = [
    () => {
      recorder.set('nftproxier_event_loop_lag_max_seconds', lag.takeMax());
      const use = conntrackUse(options.readFile);
      if (use === undefined) return;
      recorder.set('nftproxier_conntrack_entries', use.entries);
      recorder.set('nftproxier_conntrack_entries_limit', use.limit);
    },
  ];
  return {
    ...recorder,
    page: {
      contentType: registry.contentType,
      render: async () => {
        for (const refresh of refreshers) refresh();
        // prom-client 15 writes NaN (a mean over nothing) as "Nan", which is not in the format.
        return (await registry.metrics()).replaceAll(/ Nan$/gmu, ' NaN');
      },
    },
    slis: {
      contentType: slis.contentType,
      render: () => slis.metrics(),
      reset: () => {
        slis.resetMetrics();
        started();
      },
    },
    checked: (name, type, ok) => {
      sli.set('kubernetes_healthcheck', ok ? 1 : 0, { name, type });
      sli.add('kubernetes_healthchecks_total', 1, { name, type, status: ok ? 'success' : 'error' });
    },
    beforeScrape: (refresh) => refreshers.push(refresh),
    stop: lag.stop,
  };
};

const label = (
  recorder: Recorder<(typeof catalog)[number]>,
  { version, nodeVersion, platform, featureGates: configured }: MetricsOptions,
): void => {
  const [major = '', minor = ''] = version.split('.');
  recorder.set('kubernetes_build_info', 1, {
    build_date: '',
    compiler: 'node',
    git_commit: '',
    git_tree_state: '',
    git_version: `v${version}`,
    go_version: `node ${nodeVersion}`,
    major,
    minor,
    platform,
  });
  for (const { name, stage } of featureGates)
    recorder.set('kubernetes_feature_enabled', featureEnabled(configured, name) ? 1 : 0, { name, stage });
};
