import type { Command } from 'commander';
import { type Flag, flags } from './flags.js';
import { fields } from './schema.js';

const valueNames: Readonly<Record<Flag['kind'], string>> = {
  string: 'TEXT',
  integer: 'N',
  number: 'NUMBER',
  boolean: '[true|false]',
  duration: 'DURATION',
  list: 'A,B',
  map: 'Name=true,…',
};

const wrap = (text: string, width: number, indent: string): string => {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + word.length + 1 <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `${indent}${line}`).join('\n');
};

const describe = (flag: Flag): string => {
  const names = flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`;
  const value = show(fields.find(({ path }) => path === flag.path)?.fallback);
  const fallback = value === '' ? '' : ` Default: ${value}.`;
  return `  ${names} ${valueNames[flag.kind]}\n${wrap(`${flag.about}${fallback}`, 92, '        ')}`;
};

const show = (value: unknown): string => {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'object' ? 'none' : JSON.stringify(value);
};

/** The help text about flags, in groups: what to do, ours and those that count beside a file, the rest, those without effect. */
export const flagHelp = (): string => {
  const effective = flags.filter(({ tolerated }) => tolerated === undefined);
  const group = (title: string, belongs: (flag: Flag) => boolean): string =>
    `${title}\n${effective.filter(belongs).map(describe).join('\n')}\n`;
  const unused = flags.filter(({ tolerated }) => tolerated !== undefined).map(({ name }) => `--${name}`);
  return [
    group('Actions:', ({ path, besideFile }) => path === undefined && besideFile),
    group('Flags that count with and without --config:', ({ path, besideFile }) => path !== undefined && besideFile),
    group('Flags that are ignored with --config:', ({ besideFile }) => !besideFile),
    `Accepted without effect:\n${wrap(unused.join(' '), 92, '  ')}\n`,
  ].join('\n');
};

/**
 * Makes a command take kube-proxy's flags: they are passed through untouched, to be read by `loadConfiguration` with
 * `command.args` as its `argv`, because kube-proxy's syntax (`--switch=false`, `-v=2`) is not commander's.
 */
export const defineFlags = (command: Command): Command =>
  command
    .allowUnknownOption()
    .allowExcessArguments()
    .passThroughOptions()
    .usage('[flags]')
    .addHelpText('after', () => `\n${flagHelp()}`);
