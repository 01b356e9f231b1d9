import * as z from 'zod';
import { cidrFamily } from './address.js';
import { featureGates } from './feature-gates.js';

import { type Problem, showValue, type Warning } from './problem.js';
import { type Raw, valueAt, withoutValue } from './raw.js';
import { type Configuration, fields, schema } from './schema.js';

/** The outcome of checking a configuration; the configuration is complete and usable only if there are no problems. */
export interface Checked {
  readonly configuration: Configuration;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
}

const pathName = (path: readonly PropertyKey[]): string =>
  path
    .map((key, index) => (typeof key === 'number' ? `[${String(key)}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('');

const fieldAt = (path: readonly PropertyKey[]) =>
  fields.find((candidate) => candidate.path.every((key, index) => key === path[index]));

const expectedTypes: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text (in quotes if it looks like a number)',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

const ruleOf = (issue: z.core.$ZodIssue): string => {
  const known = fieldAt(issue.path);
  if (known?.kind === 'duration' && issue.code === 'invalid_type')
    return 'a duration in text, such as 30s, 1m0s or 250ms';
  if (issue.code === 'invalid_type') return known?.doc.rule ?? expectedTypes[issue.expected] ?? issue.expected;
  return known?.doc.rule ?? issue.message;
};

const required: Readonly<Record<string, string>> = {
  apiVersion: schema.shape.apiVersion.value,
  kind: schema.shape.kind.value,
};

const remedyOf = (path: readonly PropertyKey[]): string => {
  const constant = required[String(path[0])];
  if (constant !== undefined) return `Write ${String(path[0])}: ${constant}.`;
  const fallback = fieldAt(path)?.fallback;
  return fallback === undefined || fallback === ''
    ? 'Correct it, or remove the field.'
    : `Correct it, or remove the field to have the default, ${showValue(fallback)}.`;
};

const problemOf = (raw: Raw, issue: z.core.$ZodIssue): Problem => ({
  field: pathName(issue.path),
  value: showValue(valueAt(raw, issue.path)),
  rule: ruleOf(issue),
  remedy: remedyOf(issue.path),
});

/**
 * Checks a completed configuration against the schema and then against the rules that join fields, and reports every
 * problem at once: a value that is refused is replaced by its default so that the rest can still be checked. Unknown
 * fields are named in a warning and left out.
 */
export const check = (raw: Raw): Checked => {
  const problems: Problem[] = [];
  const warnings: Warning[] = [];
  let rest = raw;
  for (;;) {
    const result = schema.safeParse(rest);
    if (result.success) {
      const more = joinedRules(result.data, new Set(problems.map(({ field }) => field)));
      return {
        configuration: freeze(result.data),
        problems: [...problems, ...more],
        warnings: [...warnings, ...gates(result.data)],
      };
    }
    for (const issue of result.error.issues) {
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) {
          warnings.push({ field: showName([...issue.path, key]), message: 'Ignored: there is no field of this name.' });
          rest = withoutValue(rest, [...issue.path, key]);
        }
      } else {
        problems.push(problemOf(raw, issue));
        const whole = fieldAt(issue.path)?.path ?? issue.path;
        const head = String(whole[0]);
        rest = Object.hasOwn(required, head) ? { ...rest, [head]: required[head] } : withoutValue(rest, whole);
      }
    }
  }
};

/** Names of fields come from the file: they are shown quoted unless they look like names. */
const showName = (path: readonly PropertyKey[]): string => {
  const name = pathName(path);
  return /^[\w.[\]-]{1,120}$/u.test(name) ? name : showValue(name);
};

const isInterfaceName = (name: string): boolean => /^[^\s/]{1,15}$/u.test(name);

const areClusterCidrs = (text: string): boolean => {
  const found = text.split(',').map(cidrFamily);
  return !found.includes(undefined) && found.length <= 2 && new Set(found).size === found.length;
};

const joinedRules = (configuration: Configuration, refused: ReadonlySet<string>): readonly Problem[] => {
  const { detectLocalMode, detectLocal, clusterCIDR, nftables } = configuration;
  const broken: readonly (readonly [string, boolean])[] = [
    ['clusterCIDR', detectLocalMode === 'ClusterCIDR' && clusterCIDR !== '' && !areClusterCidrs(clusterCIDR)],
    [
      'detectLocal.bridgeInterface',
      detectLocalMode === 'BridgeInterface' && !isInterfaceName(detectLocal.bridgeInterface),
    ],
    [
      'detectLocal.interfaceNamePrefix',
      detectLocalMode === 'InterfaceNamePrefix' && !isInterfaceName(detectLocal.interfaceNamePrefix),
    ],
    ['nftables.minSyncPeriod', nftables.minSyncPeriod > nftables.syncPeriod],
  ];
  return broken
    .filter(([name, isBroken]) => isBroken && !refused.has(name))
    .flatMap(([name]) => fields.filter((field) => field.name === name))
    .map(({ name, path, doc }) => ({
      field: name,
      value: showValue(valueAt(z.encode(schema, structuredClone(configuration) as z.output<typeof schema>), path)),
      rule: doc.rule ?? '',
      remedy: remedyOf(path),
    }));
};

const gates = (configuration: Configuration): readonly Warning[] =>
  Object.entries(configuration.featureGates).flatMap(([name, on]) => {
    const known = featureGates.find((gate) => gate.name === name);
    const field = showName(['featureGates', name]);
    if (known === undefined) return [{ field, message: 'Ignored: nftproxier has no feature gate of this name.' }];
    return known.used || known.default === on ? [] : [{ field, message: `Ignored: ${known.about}` }];
  });

const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
};
