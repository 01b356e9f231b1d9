import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { conntrackNearlyFull } from '../events/index.js';
import type { EventRecorder } from '../events/index.js';
import { conntrackUse } from '../metrics/index.js';
import type { Metrics } from '../metrics/index.js';
import { watchConntrackUse } from '../observe/conntrack-alarm.js';
import { systemClock } from '../sync/clock.js';
import type { End } from './endings.js';

/** Who is told that connection tracking is nearly full. */
export interface ConntrackAlarm {
  readonly nodeName: string;
  readonly metrics: Metrics;
  readonly events: Pick<EventRecorder, 'emit'>;
  readonly log: Logger;
}

/** Tells in the log, in an Event at the Node and in a metric when connection tracking is nearly full. */
export function startConntrackAlarm({ nodeName, metrics, events, log }: ConntrackAlarm): End {
  metrics.set('nftproxier_conntrack_nearly_full', 0);
  return watchConntrackUse({
    use: () => conntrackUse((path) => readFileSync(path, 'utf8')),
    clock: systemClock,
    changed: (isNearlyFull, use) => {
      metrics.set('nftproxier_conntrack_nearly_full', isNearlyFull ? 1 : 0);
      if (!isNearlyFull) {
        log.info(use, 'connection tracking has room again');
        return;
      }
      const advice = `${String(use.entries)} of ${String(use.limit)} entries: at the limit the kernel drops new connections; raise conntrack.maxPerCore or net.netfilter.nf_conntrack_max`;
      log.warn(use, `connection tracking is nearly full, ${advice}`);
      events.emit(conntrackNearlyFull(nodeName, `Connection tracking is nearly full, ${advice}`));
    },
  });
}
