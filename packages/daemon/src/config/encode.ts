import { stringify } from 'yaml';
import * as z from 'zod';
import type { Raw } from './raw.js';
import { type Configuration, schema } from './schema.js';

/** The configuration in the form of the file: `KubeProxyConfiguration` v1alpha1 with durations as text. */
export const toFile = (configuration: Configuration): Raw =>
  z.encode(schema, structuredClone(configuration) as z.output<typeof schema>);

/** The text of a configuration file with these settings; loading it gives the same configuration. */
export const toYaml = (configuration: Configuration): string =>
  stringify(toFile(configuration), { sortMapEntries: true, version: '1.1' });
