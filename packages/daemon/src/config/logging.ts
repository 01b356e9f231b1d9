import type { Configuration } from './schema.js';

/** A level of pino. */
export type LogLevel = 'info' | 'debug' | 'trace';

/** The pino level that shows as much as kube-proxy does at a verbosity (`-v`). Warnings and errors always show. */
export const logLevel = (verbosity: number): LogLevel => (verbosity >= 6 ? 'trace' : verbosity >= 4 ? 'debug' : 'info');

/** How to set up the logger. */
export interface LogSettings {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
}

/** The log settings of a configuration. */
export const logSettings = ({ logging }: Pick<Configuration, 'logging'>): LogSettings => ({
  level: logLevel(logging.verbosity),
  format: logging.format,
});

const levels: Readonly<Record<number, string>> = { 10: 'T', 20: 'D', 30: 'I', 40: 'W', 50: 'E', 60: 'F' };

/**
 * One pino record as a line of `text` format: level letter, time, message, then the other members as `name=value`.
 * Values are written as JSON, so that text from the cluster cannot start a line of its own.
 */
export const textLine = (record: Readonly<Record<string, unknown>>): string => {
  const { level, time, msg, pid: _pid, hostname: _hostname, ...rest } = record;
  const at = typeof time === 'number' ? new Date(time).toISOString() : String(time);
  const members = Object.entries(rest).map(([name, value]) => ` ${name}=${JSON.stringify(value) ?? 'undefined'}`);
  return `${levels[Number(level)] ?? '?'} ${at} ${JSON.stringify(msg ?? '')}${members.join('')}\n`;
};
