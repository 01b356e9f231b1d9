import { isDeepStrictEqual } from 'node:util';
import { valueAt } from './raw.js';
import { type Configuration, fields } from './schema.js';

/** The fields that differ between two configurations, by what their change needs. */
export interface ConfigurationChange {
  /** Names of the fields that the running process can follow. */
  readonly live: readonly string[];
  /** Names of the fields that a new process has to read. */
  readonly restart: readonly string[];
}

/** What changed. Fields without any effect appear nowhere. */
export const compareConfigurations = (before: Configuration, after: Configuration): ConfigurationChange => {
  const changed = fields.filter(({ path }) => !isDeepStrictEqual(valueAt(before, path), valueAt(after, path)));
  const names = (reload: string): readonly string[] =>
    changed.filter(({ doc }) => doc.reload === reload).map(({ name }) => name);
  return { live: names('live'), restart: names('restart') };
};
