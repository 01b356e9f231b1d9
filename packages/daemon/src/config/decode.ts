import { LineCounter, parseDocument } from 'yaml';
import type { Problem, Warning } from './problem.js';
import { isRaw, type Raw, withoutNulls } from './raw.js';

/** What a file says, before it is checked. */
export interface Decoded {
  readonly raw: Raw;
  readonly warnings: readonly Warning[];
  readonly problems: readonly Problem[];
}

/**
 * Reads the YAML (or JSON) text of a configuration file. A key given twice is a warning and the last one counts, as in
 * kube-proxy's lenient second attempt. Text that is not a single YAML mapping is a problem.
 */
export const decodeFile = (path: string, text: string): Decoded => {
  const lineCounter = new LineCounter();
  // Kubernetes reads YAML 1.1, where `yes` and `on` are booleans.
  const document = parseDocument(text, { lineCounter, uniqueKeys: true, stringKeys: true, version: '1.1' });
  const duplicates = document.errors.filter(({ code }) => code === 'DUPLICATE_KEY');
  const broken = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  const failed = (value: string, rule: string): Decoded => ({
    raw: {},
    warnings: [],
    problems: [
      { field: path, value, rule, remedy: 'Correct the file, or start from the one that --write-config-to writes.' },
    ],
  });
  if (broken !== undefined) {
    const { line, col } = lineCounter.linePos(broken.pos[0]);
    return failed(`line ${String(line)}, column ${String(col)} (${broken.code})`, 'one document of valid YAML or JSON');
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    return failed('aliases', 'YAML without aliases that multiply');
  }
  if (!isRaw(value)) return failed(describe(value), 'a mapping of field names to values');
  const warnings = duplicates.map(({ pos }) => ({
    field: path,
    message: `Line ${String(lineCounter.linePos(pos[0]).line)} gives a field a second time; the last value counts.`,
  }));
  return { raw: withoutNulls(value), warnings, problems: [] };
};

const describe = (value: unknown): string => {
  if (value === null || value === undefined) return 'an empty file';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
};
