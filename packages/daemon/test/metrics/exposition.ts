/** A metric family as it stands in the text format of Prometheus. */
export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ParsedSample[];
}

/** One line of a family. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/u;
const labelPair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/uy;
const number = /^(?:[+-]?Inf|NaN|[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/u;

const parseLabels = (text: string): Readonly<Record<string, string>> => {
  const labels: Record<string, string> = {};
  labelPair.lastIndex = 0;
  while (labelPair.lastIndex < text.length) {
    const at = labelPair.lastIndex;
    const [, name, value] = labelPair.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new Error(`bad labels at ${String(at)}: ${text}`);
    if (Object.hasOwn(labels, name)) throw new Error(`label twice: ${text}`);
    labels[name] = value;
  }
  return labels;
};

/**
 * Reads the text format, version 0.0.4, strictly: every family has HELP and TYPE before its samples, comes once, and its
 * samples belong to it; buckets rise and end at +Inf with the count; no sample comes twice.
 */
export const parseExposition = (text: string): ReadonlyMap<string, ParsedFamily> => {
  if (!text.endsWith('\n')) throw new Error('the last line is not ended');
  const families = new Map<string, { name: string; type: string; help: string; samples: ParsedSample[] }>();
  let current: { name: string; type: string; help: string; samples: ParsedSample[] } | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/u.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (families.has(name)) throw new Error(`family twice: ${name}`);
      current = { name, type: '', help: rest, samples: [] };
      families.set(name, current);
    } else if (keyword === 'TYPE') {
      if (current?.name !== name || current.samples.length > 0) throw new Error(`TYPE out of place: ${line}`);
      current.type = rest;
    } else {
      const [, sample = '', labels = '', value = ''] = sampleLine.exec(line) ?? [];
      if (sample === '' || !number.test(value)) throw new Error(`no sample: ${line}`);
      const suffixes = current?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      if (!suffixes.some((suffix) => sample === `${current?.name ?? ''}${suffix}`))
        throw new Error(`sample out of place: ${line}`);
      current?.samples.push({
        name: sample,
        labels: parseLabels(labels),
        value: value.endsWith('Inf') ? Infinity : Number(value),
      });
    }
  }
  for (const family of families.values()) checkFamily(family);
  return families;
};

const checkFamily = ({ name, type, samples }: ParsedFamily): void => {
  const keys = samples.map((sample) => `${sample.name} ${JSON.stringify(Object.entries(sample.labels).toSorted())}`);
  if (new Set(keys).size !== keys.length) throw new Error(`sample twice in ${name}`);
  if (type !== 'histogram') return;
  const series = new Map<string, ParsedSample[]>();
  for (const sample of samples) {
    const { le: _le, ...rest } = sample.labels;
    const key = JSON.stringify(rest);
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  for (const members of series.values()) {
    const buckets = members.filter((sample) => sample.name.endsWith('_bucket'));
    const bounds = buckets.map(({ labels }) => (labels['le'] === '+Inf' ? Infinity : Number(labels['le'])));
    const rises = (values: readonly number[], strictly: boolean): boolean =>
      values.every(
        (value, index) => index === 0 || value > (values[index - 1] ?? 0) || (!strictly && value === values[index - 1]),
      );
    const count = members.find((sample) => sample.name.endsWith('_count'))?.value;
    if (!rises(bounds, true) || bounds.at(-1) !== Infinity) throw new Error(`buckets of ${name} do not rise to +Inf`);
    if (
      !rises(
        buckets.map(({ value }) => value),
        false,
      )
    )
      throw new Error(`counts of ${name} fall`);
    if (buckets.at(-1)?.value !== count) throw new Error(`count of ${name} is not that of +Inf`);
  }
};
