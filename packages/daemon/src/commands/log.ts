import { pino } from 'pino';
import type { Logger } from 'pino';
import { logSettings, textLine } from '../config/index.js';
import type { Configuration } from '../config/index.js';
import type { Output } from './output.js';

/** The daemon's logger: JSON lines for machines or lines for people, on standard error as kube-proxy does. */
export function createLog(configuration: Configuration, output: Output): Logger {
  const { level, format } = logSettings(configuration);
  const write = (line: string): void => {
    output.err(format === 'json' ? line : textLine(JSON.parse(line) as Readonly<Record<string, unknown>>));
  };
  return pino({ level, base: null }, { write });
}
