import { withPort } from './address.js';
import { toleratedFields, toNftables, withDefaults, withoutUnset } from './complete.js';
import { decodeFile } from './decode.js';
import { flags } from './flags.js';
import { parseFlags } from './parse-flags.js';
import { type Problem, showValue, type Warning } from './problem.js';
import { type Raw, withValue } from './raw.js';
import { apiVersion, type Configuration, kind } from './schema.js';
import { check } from './validate.js';

/** What the command line asks for, beside the configuration. */
export interface Actions {
  /** The configuration file that was read. */
  readonly configFile?: string;
  readonly writeConfigTo?: string;
  readonly cleanup: boolean;
  readonly initOnly: boolean;
  /** `raw` if the version was asked for in full. */
  readonly version?: 'true' | 'raw';
  readonly help: boolean;
}

/** Where a configuration comes from. */
export interface LoadInput {
  /** The flags, without the command's own name. */
  readonly argv: readonly string[];
  /** Reads the configuration file; may throw, as `fs.readFileSync` does. */
  readonly readFile: (path: string) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A configuration that can be used, or everything that is wrong with it. */
export type Loaded =
  | {
      readonly ok: true;
      readonly configuration: Configuration;
      readonly actions: Actions;
      readonly warnings: readonly Warning[];
      /** The flags that were given and count, for `/flagz`. */
      readonly given: ReadonlyMap<string, unknown>;
    }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Warning[] };

const skipVariable = 'KUBE_PROXY_NFTABLES_SKIP_KERNEL_VERSION_CHECK';

/**
 * Loads the configuration with kube-proxy's precedence: with `--config` the file is everything, except for the flags
 * that say they count beside a file; without it, flags over defaults. Pure but for `readFile`. Reports every problem at
 * once and throws nothing.
 */
export const loadConfiguration = ({ argv, readFile, env }: LoadInput): Loaded => {
  const given = parseFlags(argv);
  const text = (name: string): string | undefined => given.values.get(name) as string | undefined;
  const path = text('config');
  const file = path === undefined || path === '' ? undefined : fileSource(path, readFile);
  const [counting, ignored] = split(given.values, file !== undefined);

  const base = file === undefined ? { apiVersion, kind } : withoutUnset(file.raw);
  const flagged = withDeprecatedPorts(withFlags(base, counting), counting);
  const raw = env[skipVariable] ? withValue(flagged, ['nftproxier', 'skipKernelVersionCheck'], true) : flagged;
  const { raw: forNftables, warnings: modeWarnings, carried } = toNftables(raw, file !== undefined);
  const checked = check(withDefaults(forNftables));

  const warnings = [
    ...(file?.warnings ?? []),
    ...ignored.map((name) => ({
      field: `--${name}`,
      message: 'Ignored: with --config the file decides. Set it there.',
    })),
    ...toleratedFlags(counting),
    ...modeWarnings,
    ...toleratedFields(raw),
    ...checked.warnings,
  ];
  // A file that could not be read at all is one problem, not a report about its missing fields.
  const unreadable = file?.problems ?? [];
  const refused = new Set(checked.problems.map(({ field }) => field));
  // A value carried over from another mode's section is refused once, where it was written.
  const own = checked.problems
    .filter(({ field }) => !refused.has(carried.get(field) ?? ''))
    .map((problem) => namedByFlag(problem, counting));
  const problems = [...given.problems, ...unreadable, ...(unreadable.length > 0 ? [] : own)];
  if (problems.length > 0) return { ok: false, problems, warnings };
  return {
    ok: true,
    configuration: checked.configuration,
    actions: actionsOf(given.values),
    warnings,
    given: counting,
  };
};

const fileSource = (path: string, readFile: LoadInput['readFile']): ReturnType<typeof decodeFile> => {
  try {
    return decodeFile(path, readFile(path));
  } catch (error) {
    const value = showValue(error instanceof Error ? error.message : String(error));
    const remedy = 'Check the path, the mount and the permissions.';
    return { raw: {}, warnings: [], problems: [{ field: '--config', value, rule: 'a file that can be read', remedy }] };
  }
};

const split = (
  values: ReadonlyMap<string, unknown>,
  hasFile: boolean,
): readonly [ReadonlyMap<string, unknown>, readonly string[]] => {
  const counts = (name: string): boolean => !hasFile || flags.some((flag) => flag.name === name && flag.besideFile);
  const entries = [...values];
  return [
    new Map(entries.filter(([name]) => counts(name))),
    entries.map(([name]) => name).filter((name) => !counts(name)),
  ];
};

/** Names a problem by the flag that the value came from. */
const namedByFlag = (problem: Problem, values: ReadonlyMap<string, unknown>): Problem => {
  const [field] = problem.field.split('[');
  const flag = flags.find(({ name, path }) => path?.join('.') === field && values.has(name));
  return flag === undefined
    ? problem
    : { ...problem, field: `--${flag.name}`, remedy: problem.remedy.replace('remove the field', 'leave the flag out') };
};

const withFlags = (raw: Raw, values: ReadonlyMap<string, unknown>): Raw =>
  flags.reduce<Raw>((result, { name, path, besideFile }) => {
    const value = values.get(name);
    // A blank flag that counts beside a file (a variable that expanded to nothing) does not undo what the file says.
    if (path === undefined || value === undefined || (besideFile && value === '')) return result;
    return withValue(result, path, value);
  }, raw);

const withDeprecatedPorts = (raw: Raw, values: ReadonlyMap<string, unknown>): Raw => {
  const apply = (result: Raw, flag: string, key: string, fallback: string): Raw => {
    const port = values.get(flag);
    if (typeof port !== 'number') return result;
    const given = result[key];
    const address = typeof given === 'string' ? given : fallback;
    return { ...result, [key]: port === 0 ? '' : withPort(address, port) };
  };
  const bindAddress = raw['bindAddress'];
  const ipv6 = typeof bindAddress === 'string' && bindAddress.includes(':');
  return apply(
    apply(raw, 'healthz-port', 'healthzBindAddress', ipv6 ? '::' : '0.0.0.0'),
    'metrics-port',
    'metricsBindAddress',
    ipv6 ? '::1' : '127.0.0.1',
  );
};

const toleratedFlags = (values: ReadonlyMap<string, unknown>): readonly Warning[] =>
  flags
    .filter(({ name, path, tolerated }) => tolerated !== undefined && values.has(name) && path === undefined)
    .map(({ name, tolerated }) => ({ field: `--${name}`, message: `Not used: ${tolerated ?? ''}.` }));

const actionsOf = (values: ReadonlyMap<string, unknown>): Actions => {
  const text = (name: string): string | undefined => values.get(name) as string | undefined;
  const configFile = text('config');
  const writeConfigTo = text('write-config-to');
  const version = text('version');
  return {
    ...(configFile === undefined || configFile === '' ? {} : { configFile }),
    ...(writeConfigTo === undefined || writeConfigTo === '' ? {} : { writeConfigTo }),
    cleanup: values.get('cleanup') === true,
    initOnly: values.get('init-only') === true,
    ...(version === undefined || version === 'false' ? {} : { version: version === 'raw' ? 'raw' : 'true' }),
    help: values.get('help') === true,
  };
};
