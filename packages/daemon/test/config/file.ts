import { stringify } from 'yaml';
import { type Configuration, type Loaded, loadConfiguration } from '../../src/config/index.js';

/** Loads a file with these fields and these flags. */
export const load = (fields: object | string, argv: readonly string[] = [], env: Record<string, string> = {}): Loaded =>
  loadConfiguration({
    argv: ['--config', '/etc/nftproxier.yaml', ...argv],
    env,
    readFile: () =>
      typeof fields === 'string'
        ? fields
        : stringify({ apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration', ...fields }),
  });

/** Loads flags without a file. */
export const loadFlags = (...argv: readonly string[]): Loaded =>
  loadConfiguration({
    argv,
    env: {},
    readFile: (path) => {
      throw new Error(`no file ${path}`);
    },
  });

/** The configuration, which must be valid. */
export const valid = (loaded: Loaded): Configuration => {
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.configuration;
};

/** The problems, of which there must be some. */
export const problemsOf = (loaded: Loaded) => {
  if (loaded.ok) throw new Error('the configuration was accepted');
  return loaded.problems;
};
