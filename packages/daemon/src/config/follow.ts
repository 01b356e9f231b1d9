import { compareConfigurations } from './compare.js';
import { type LoadInput, loadConfiguration } from './load.js';
import type { Problem, Warning } from './problem.js';
import type { Configuration } from './schema.js';
import { watchConfiguration, type WatchInput } from './watch.js';

/** What becomes of new contents of the configuration file. */
export interface FollowHandlers {
  /** Only fields that the running process can follow are different: it is to work by this configuration from now on. */
  readonly applied: (configuration: Configuration, fields: readonly string[], warnings: readonly Warning[]) => void;
  /** Fields are different that only a new process can follow: this one should end, so that it is started anew. */
  readonly restart: (fields: readonly string[]) => void;
  /** The new contents are not valid: the process goes on with what it has. */
  readonly refused: (problems: readonly Problem[]) => void;
  /** The new contents mean what is in force already. */
  readonly unchanged: () => void;
  /** The file cannot be read at the moment. */
  readonly failed: (error: Error) => void;
}

/** What to follow. */
export interface FollowInput extends Omit<WatchInput, 'handlers'>, Omit<LoadInput, 'readFile'> {
  /** The configuration in force. */
  readonly configuration: Configuration;
  readonly handlers: FollowHandlers;
}

/**
 * Follows the configuration file: loads each new content with the same flags and environment as at the start, and says
 * what to do about it. Changes that mean nothing (comments, order, fields without effect) are `unchanged`. Returns the
 * function that stops it.
 */
export const followConfiguration = ({ configuration, handlers, argv, env, ...watch }: FollowInput): (() => void) => {
  let current = configuration;
  return watchConfiguration({
    ...watch,
    handlers: {
      failed: handlers.failed,
      changed: (text) => {
        const loaded = loadConfiguration({ argv, env, readFile: () => text });
        if (!loaded.ok) {
          handlers.refused(loaded.problems);
          return;
        }
        const { live, restart } = compareConfigurations(current, loaded.configuration);
        if (restart.length > 0) handlers.restart(restart);
        else if (live.length > 0) {
          current = loaded.configuration;
          handlers.applied(current, live, loaded.warnings);
        } else handlers.unchanged();
      },
    },
  });
};
