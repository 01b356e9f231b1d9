import { CounterReader } from '@nftproxier/nft';
import type { Loader, LoadTarget } from '@nftproxier/nft';
import type { Logger } from 'pino';
import type { Configuration } from '../config/index.js';
import type { Metrics } from '../metrics/index.js';
import { pollCounters } from '../observe/counters.js';
import { systemClock } from '../sync/clock.js';
import type { ConnectionCounters } from '../status/top.js';
import type { Endings } from './endings.js';

/** What counters are read with. */
export interface StartCountersOptions {
  readonly configuration: Configuration;
  readonly target: LoadTarget;
  readonly loader: Loader;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly endings: Endings;
}

/** Begins to read the counters of new connections, if they are on. @returns what shows them. */
export function startCounters({ configuration, target, loader, ...others }: StartCountersOptions): ConnectionCounters {
  const { counters: kind, countersPeriod: period, countersInMetrics: most } = configuration.nftproxier;
  const { metrics, log, endings } = others;
  const clock = systemClock;
  const listElements: LoadTarget['listElements'] = (table, set) => target.listElements(table, set);
  const reader = new CounterReader({ table: loader, listElements, now: () => clock.now(), most });
  const shown = { kind, period, reader };
  if (kind === 'off') return shown;
  const parts = (): number => loader.model?.counted.size ?? 0;
  endings.add(pollCounters({ reader, metrics, clock, period, parts, log }));
  return shown;
}
