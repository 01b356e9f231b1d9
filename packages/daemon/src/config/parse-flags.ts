import { parseArgs } from 'node:util';
import { parseDuration } from './duration.js';
import { type Flag, flags } from './flags.js';
import { type Problem, showValue } from './problem.js';

/** Flags as given: their values are of the kind the catalogue says, durations still in text. */
export interface GivenFlags {
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: readonly Problem[];
}

const byName = new Map(flags.map((flag) => [flag.name, flag]));
const byShort = new Map(flags.flatMap((flag) => (flag.short === undefined ? [] : [[flag.short, flag] as const])));

// `--version` may stand alone or carry a word (`--version=raw`), so it is read like a switch.
const isSwitch = (flag: Flag): boolean => flag.kind === 'boolean' || flag.name === 'version';

const options = Object.fromEntries(
  flags.map((flag) => [
    flag.name,
    {
      type: isSwitch(flag) ? ('boolean' as const) : ('string' as const),
      ...(flag.short === undefined ? {} : { short: flag.short }),
    },
  ]),
);

const truths = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const lies = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

interface Reading {
  readonly value?: unknown;
  readonly rule: string;
}

const readMap = (text: string): Readonly<Record<string, boolean>> | undefined => {
  const pairs = text
    .split(',')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '')
    .map((pair) => /^([^=]+)=(.*)$/u.exec(pair));
  if (!pairs.every((pair) => truths.has(pair?.[2] ?? '') || lies.has(pair?.[2] ?? ''))) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', truths.has(pair?.[2] ?? '')]));
};

const read = (flag: Flag, text: string | undefined, previous: unknown): Reading => {
  if (flag.name === 'version') return { value: text ?? 'true', rule: '' };
  switch (flag.kind) {
    case 'string':
      return { value: text, rule: 'followed by a value' };
    case 'boolean':
      if (text === undefined || truths.has(text)) return { value: true, rule: '' };
      return { value: lies.has(text) ? false : undefined, rule: 'true or false' };
    case 'integer':
      return {
        value: text !== undefined && /^[+-]?\d{1,15}$/u.test(text) ? Number(text) : undefined,
        rule: 'a whole number',
      };
    case 'number': {
      const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
      return { value: Number.isFinite(number) ? number : undefined, rule: 'a number' };
    }
    case 'duration':
      return {
        value: text !== undefined && parseDuration(text) !== undefined ? text : undefined,
        rule: 'a duration such as 30s, 1m0s or 250ms',
      };
    case 'list': {
      const items = text
        ?.split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
      return {
        value: items && [...((previous as readonly string[] | undefined) ?? []), ...items],
        rule: 'a list separated by commas',
      };
    }
    case 'map': {
      const map = text === undefined ? undefined : readMap(text);
      return {
        value: map && { ...(previous as object | undefined), ...map },
        rule: 'pairs such as Name=true,Other=false',
      };
    }
  }
};

/** Go's flag libraries read `--proxy_mode` as `--proxy-mode`. */
const normalise = (name: string): string => name.replaceAll('_', '-');

/**
 * Reads a command line as kube-proxy does: `--flag=value` or `--flag value`, switches with an optional `=true` or
 * `=false`, lists and maps given once or several times, `-v=2`, underscores for dashes. Reports every problem at once.
 */
export const parseFlags = (argv: readonly string[]): GivenFlags => {
  const values = new Map<string, unknown>();
  const problems: Problem[] = [];
  const args = argv.map((arg) => (arg.startsWith('--') ? arg.replace(/^[^=]+/u, normalise) : arg));
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      problems.push({
        field: 'command line',
        value: showValue(token.value),
        rule: 'made of flags only',
        remedy: 'Remove it, or join it to its flag as --flag=value.',
      });
      continue;
    }
    const flag = token.rawName.startsWith('--')
      ? byName.get(token.name)
      : (byShort.get(token.rawName.slice(1)) ?? byName.get(token.name));
    if (flag === undefined) {
      problems.push({
        field: token.rawName,
        value: showValue(token.value),
        rule: 'a flag that exists',
        remedy: 'See --help for the flags there are.',
      });
      continue;
    }
    // `-v=2`: a short option keeps its equals sign.
    const text = token.rawName.startsWith('--') ? token.value : token.value?.replace(/^=/u, '');
    const { value, rule } = read(flag, text, values.get(flag.name));
    if (value === undefined)
      problems.push({
        field: token.rawName,
        value: showValue(text),
        rule,
        remedy: 'Correct it, or leave the flag out.',
      });
    else values.set(flag.name, value);
  }
  return { values, problems };
};
