import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { describeProblem, followConfiguration } from '../config/index.js';
import type { LiveConfiguration } from '../config/index.js';
import { configurationRefused } from '../events/index.js';
import type { EventRecorder } from '../events/index.js';
import type { Metrics } from '../metrics/index.js';
import { tryHostSettings } from './host-checks.js';

/** How often the file is read, in milliseconds. The kubelet replaces the files of a ConfigMap within about a minute. */
const usualInterval = 5_000;

/** Fields of the file are different now that only a new process can follow. */
class ConfigurationChangedError extends Error {
  override readonly name = 'ConfigurationChangedError';
  readonly code = 'CONFIGURATION_CHANGED';

  constructor(fields: readonly string[]) {
    super(
      `the configuration file has other values for ${fields.join(', ')}, which only a new process can follow: this one ends, to be started anew; the rules stay in place`,
    );
  }
}

/** What following the file needs. */
export interface FollowOptions {
  readonly settings: LiveConfiguration;
  /** Undefined where there is none to follow. */
  readonly file: string | undefined;
  readonly argv: readonly string[];
  /** Warnings about the configuration the process began with. */
  readonly warnings: number;
  readonly nodeName: string;
  readonly metrics: Metrics;
  readonly events: Pick<EventRecorder, 'emit'>;
  readonly log: Logger;
  /** Told when only a new process can follow the file. */
  readonly restart: (error: Error) => void;
  /** Milliseconds between two looks at the file. */
  readonly interval?: number;
}

/**
 * Follows the configuration file: fields that can take effect at once do, others end the process, and contents that are
 * not valid change nothing. Returns the function that stops it.
 */
export function followSettings(options: FollowOptions): () => void {
  const { settings, file, argv, warnings, nodeName, metrics, events, log, restart, interval = usualInterval } = options;
  metrics.set('nftproxier_configuration_warnings', warnings);
  metrics.set('nftproxier_configuration_last_reload_successful', 1);
  settings.changed((configuration, fields) => {
    if (fields.some((field) => field.startsWith('conntrack.') || field === 'oomScoreAdj'))
      for (const problem of tryHostSettings(configuration, log)) log.error(problem);
  });
  if (file === undefined) return () => undefined;
  const became = (result: 'applied' | 'restart' | 'refused' | 'unchanged'): void => {
    metrics.add('nftproxier_configuration_reloads_total', 1, { result });
    metrics.set('nftproxier_configuration_last_reload_successful', result === 'refused' ? 0 : 1);
  };
  return followConfiguration({
    configuration: settings.current,
    path: file,
    argv,
    env: process.env,
    interval,
    readFile: (path) => readFileSync(path, 'utf8'),
    handlers: {
      applied: (configuration, fields, found) => {
        became('applied');
        metrics.set('nftproxier_configuration_warnings', found.length);
        log.info({ file, fields }, 'the configuration file has changed, and its new values are in force');
        for (const { field, message } of found) log.warn({ field }, message);
        settings.replace(configuration, fields);
      },
      restart: (fields) => {
        became('restart');
        restart(new ConfigurationChangedError(fields));
      },
      refused: (problems) => {
        became('refused');
        const found = problems.map(describeProblem);
        for (const problem of found) log.error({ file }, problem);
        log.error({ file }, 'the configuration file cannot be used as it is now; what it said before stays in force');
        events.emit(configurationRefused(nodeName, found.join('\n')));
      },
      unchanged: () => {
        became('unchanged');
        log.info({ file }, 'the configuration file was written, and means what is in force already');
      },
      failed: (error) => {
        log.error({ file, err: error }, 'the configuration file cannot be read; what it said before stays in force');
      },
    },
  });
}
