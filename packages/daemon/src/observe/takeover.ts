import type { Nft } from '@nftproxier/nft';
import type { Logger } from 'pino';
import type { Configuration } from '../config/index.js';
import type { Metrics } from '../metrics/index.js';
import { systemClock } from '../sync/clock.js';
import { createDetector, createTakeover, hostPrograms, removeLeftovers } from '../takeover/index.js';
import type { Takeover, TakeoverNews } from '../takeover/index.js';

/** What taking over needs. */
export interface NodeTakeoverOptions {
  readonly configuration: Configuration;
  readonly nft: Nft;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** kube-proxy runs on this node, too: for an Event. */
  readonly kubeProxyRuns?: (note: string) => void;
}

/** Where kube-proxy serves its metrics unless it was told otherwise. */
const usualMetricsAddress = '127.0.0.1:10249';

/** Takes this node over from kube-proxy, and tells the log and the metrics. */
export function createNodeTakeover(options: NodeTakeoverOptions): Takeover {
  const { configuration, nft, log } = options;
  return createTakeover({
    detector: createDetector({ nft, metricsAddresses: [configuration.metricsBindAddress, usualMetricsAddress] }),
    removeLeftovers: configuration.nftproxier.takeover
      ? () => removeLeftovers({ nft, programs: hostPrograms() })
      : undefined,
    clock: systemClock,
    tell: (news) => {
      tell(news, options);
    },
    failed: (error) => {
      log.warn({ err: error }, 'could not look for kube-proxy or what it left; it is tried again');
    },
  });
}

function tell(news: TakeoverNews, { log, metrics, kubeProxyRuns }: NodeTakeoverOptions): void {
  switch (news.kind) {
    case 'running': {
      metrics.set('nftproxier_kube_proxy_running', 1);
      const note = `kube-proxy runs on this node (${news.signs.join(', ')}); its rules are left alone until it ends`;
      log.warn(note);
      kubeProxyRuns?.(note);
      return;
    }
    case 'gone':
      metrics.set('nftproxier_kube_proxy_running', 0);
      log.info('kube-proxy runs on this node no more');
      return;
    case 'removed':
      for (const what of news.removal.removed) log.info({ what }, 'removed what kube-proxy left');
      for (const what of news.removal.kept) log.warn({ what }, 'left alone what kube-proxy left');
      for (const error of news.removal.errors) log.warn({ err: error }, error.message);
  }
}
