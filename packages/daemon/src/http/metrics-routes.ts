import type { Configuration } from '../config/index.js';
import { logLevelRoutes, type Verbosity } from './log-level.js';
import { profilingRoutes } from './profiling.js';
import { type Handler, type HttpReply, plain, type Routes } from './router.js';
import { configz, flagz, type ProcessStatus, statusz } from './z-pages.js';

/** Renders metrics in the text format of Prometheus. */
export interface MetricsPage {
  readonly contentType: string;
  readonly render: () => Promise<string>;
}

/** What the metrics server shows. */
export interface MetricsServerInput {
  readonly metrics: MetricsPage;
  /** Metrics about health checks, a page of their own. */
  readonly slis: MetricsPage & { readonly reset: () => void };
  /** Told of every answer to `/healthz` of this server. */
  readonly pinged: () => void;
  /** The configuration in force, and the flags that were given. */
  readonly configuration: () => Configuration;
  readonly given: ReadonlyMap<string, unknown>;
  readonly process: Omit<ProcessStatus, 'paths'> & { readonly argv: readonly string[] };
  readonly verbosity: Verbosity;
  /** Which of the optional pages there are. */
  readonly pages: { readonly statusz: boolean; readonly flagz: boolean; readonly profiling: boolean };
}

const show = async ({ contentType, render }: MetricsPage): Promise<HttpReply> => ({
  status: 200,
  headers: { 'Content-Type': contentType },
  body: await render(),
});

/** The routes of the metrics server (10249). */
export const metricsRoutes = (input: MetricsServerInput): Routes => {
  const { metrics, slis, pinged, configuration, given, process, verbosity, pages } = input;
  const basic: readonly (readonly [string, Handler])[] = [
    [
      '/healthz',
      () => {
        pinged();
        return plain(200, 'ok');
      },
    ],
    ['/metrics', () => show(metrics)],
    [
      '/metrics/slis',
      ({ method }) => {
        if (method !== 'DELETE') return show(slis);
        slis.reset();
        return plain(200, 'metrics reset\n');
      },
    ],
    ['/proxyMode', () => plain(200, 'nftables')],
    ['/configz', configz(configuration)],
    ...(pages.flagz ? [['/flagz', flagz(configuration, given)] as const] : []),
    ...(pages.profiling ? [...logLevelRoutes(verbosity), ...profilingRoutes(process.argv)] : []),
  ];
  const paths = [...basic.map(([path]) => path), ...(pages.statusz ? ['/statusz'] : [])].toSorted();
  return new Map([...basic, ...(pages.statusz ? [['/statusz', statusz({ ...process, paths })] as const] : [])]);
};
