import { readFileSync } from 'node:fs';
import { describeProblem, loadConfiguration } from '../config/index.js';
import type { Loaded } from '../config/index.js';
import type { Output } from './output.js';

/** A configuration that can be used. */
export type UsableConfiguration = Extract<Loaded, { readonly ok: true }>;

/** Loads the configuration that flags ask for; says everything that is wrong with it, and returns undefined. */
export function configurationFrom(argv: readonly string[], output: Output): UsableConfiguration | undefined {
  const loaded = loadConfiguration({ argv, readFile: (path) => readFileSync(path, 'utf8'), env: process.env });
  if (loaded.ok) return loaded;
  for (const { field, message } of loaded.warnings) output.err(`warning: ${field}: ${message}\n`);
  for (const problem of loaded.problems) output.err(`error: ${describeProblem(problem)}\n`);
  return undefined;
}
