import { type Configuration, type Flag, flags, toFile } from '../config/index.js';
import { negotiate, type StructuredForm } from './negotiate.js';
import { type Handler, json, plain } from './router.js';

/** What `/statusz` tells of this process. */
export interface ProcessStatus {
  /** Milliseconds since the epoch. */
  readonly startTime: number;
  readonly now: () => number;
  /** Version of nftproxier. */
  readonly version: string;
  /** Version of Node, such as `v24.1.0`. */
  readonly nodeVersion: string;
  /** The paths that are served. */
  readonly paths: readonly string[];
}

const name = 'nftproxier';

const heading = (page: string): string =>
  `\n${name} ${page}\nFor people to read: the form of this page may change. Programs ask for application/json;as=…\n\n`;

const page =
  (kind: 'Statusz' | 'Flagz', text: () => string, members: () => object): Handler =>
  ({ accept }) => {
    const form = negotiate(accept, kind);
    if (form === undefined)
      return plain(406, `serves text/plain and application/json;as=${kind};g=config.k8s.io;v=v1beta1\n`);
    if (form === 'text') return plain(200, text());
    return json(200, `${JSON.stringify(structured(kind, form, members()))}\n`);
  };

const structured = (kind: string, { version }: StructuredForm, members: object): object => ({
  kind,
  apiVersion: `config.k8s.io/${version}`,
  metadata: { name },
  ...members,
});

/** `/statusz`: since when the process runs, and what it is. */
export const statusz = (status: ProcessStatus): Handler => {
  const uptime = (): number => Math.max(0, Math.floor((status.now() - status.startTime) / 1000));
  const started = new Date(status.startTime);
  const up = (seconds: number): string =>
    `${String(Math.floor(seconds / 3600))} hr ${String(Math.floor(seconds / 60) % 60).padStart(2, '0')} min ${String(seconds % 60).padStart(2, '0')} sec`;
  return page(
    'Statusz',
    () =>
      `${heading('statusz')}Started: ${started.toUTCString()}\nUp: ${up(uptime())}\nNode version: ${status.nodeVersion}\nBinary version: ${status.version}\nPaths: ${status.paths.join(' ')}\n`,
    () => ({
      startTime: started.toISOString().replace(/\.\d+Z$/u, 'Z'),
      uptimeSeconds: uptime(),
      // The field has this name for every component; there is no Go in this one.
      goVersion: `node ${status.nodeVersion}`,
      binaryVersion: status.version,
      paths: status.paths,
    }),
  );
};

const shown = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, inner]) => `${key}=${String(inner)}`)
      .join(',');
  return String(value);
};

/** The value of every flag as it is in force: of the configuration where a flag names a field, else as given. */
const effectiveFlags = (
  configuration: Configuration,
  given: ReadonlyMap<string, unknown>,
): Readonly<Record<string, string>> => {
  const file = toFile(configuration);
  const value = ({ name: flag, path }: Flag): unknown =>
    path === undefined
      ? (given.get(flag) ?? '')
      : path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], file);
  return Object.fromEntries(
    flags
      .filter((flag) => flag.path !== undefined || given.has(flag.name))
      .map((flag) => [flag.name, shown(value(flag))] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
};

/** `/flagz`: the flags in force. */
export const flagz = (configuration: () => Configuration, given: ReadonlyMap<string, unknown>): Handler =>
  page(
    'Flagz',
    () =>
      `${heading('flagz')}${Object.entries(effectiveFlags(configuration(), given))
        .map(([flag, value]) => `${flag}=${value}\n`)
        .join('')}`,
    () => ({ flags: effectiveFlags(configuration(), given) }),
  );

/** `/configz`: the effective configuration as `KubeProxyConfiguration` v1alpha1. */
export const configz =
  (configuration: () => Configuration): Handler =>
  () =>
    json(200, JSON.stringify({ 'kubeproxy.config.k8s.io': toFile(configuration()) }));
