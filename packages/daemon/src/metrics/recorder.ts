import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Metric } from './catalog/index.js';

/** The labels of a metric, each with a value. */
export type LabelsOf<Entry extends Metric> = { readonly [Label in Entry['labels'][number]]: string };

type Named<Entry extends Metric, Type extends Metric['type'], Name extends string> = Extract<
  Entry,
  { readonly type: Type; readonly name: Name }
>;

type NameOf<Entry extends Metric, Type extends Metric['type']> = Extract<Entry, { readonly type: Type }>['name'];

/** Labels may be left out where a metric has none. */
type Arguments<Labels, Value> = [keyof Labels] extends [never] ? [value: Value] : [value: Value, labels: Labels];

/** Records values under the names of a catalogue. A name, a label or a type that the catalogue does not have does not compile. */
export interface Recorder<Entry extends Metric> {
  /** Adds to a counter. Amounts that are negative or no number are not added. */
  readonly add: <Name extends NameOf<Entry, 'counter'>>(
    name: Name,
    ...args: Arguments<LabelsOf<Named<Entry, 'counter', Name>>, number>
  ) => void;
  /** Ends a counter's series: it is shown no more, and begins at 0 if it comes back. */
  readonly end: <Name extends NameOf<Entry, 'counter'>>(
    name: Name,
    labels: LabelsOf<Named<Entry, 'counter', Name>>,
  ) => void;
  /** Sets a gauge. */
  readonly set: <Name extends NameOf<Entry, 'gauge'>>(
    name: Name,
    ...args: Arguments<LabelsOf<Named<Entry, 'gauge', Name>>, number>
  ) => void;
  /** Takes a value into a histogram. */
  readonly observe: <Name extends NameOf<Entry, 'histogram'>>(
    name: Name,
    ...args: Arguments<LabelsOf<Named<Entry, 'histogram', Name>>, number>
  ) => void;
}

/** Registers the metrics of a catalogue and returns what records them. */
export const createRecorder = <Entry extends Metric>(
  registry: Registry,
  entries: readonly Entry[],
): Recorder<Entry> => {
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const { name, type, help, labels, buckets, initial = [] } of entries as readonly Metric[]) {
    const common = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') {
      const counter = new Counter(common);
      for (const values of initial) counter.inc(values, 0);
      counters.set(name, counter);
    } else if (type === 'gauge') gauges.set(name, new Gauge(common));
    else histograms.set(name, new Histogram({ ...common, buckets: [...(buckets ?? [])] }));
  }
  return {
    add: (name, ...[value, labels]) => {
      if (value >= 0) counters.get(name)?.inc(labels ?? {}, value);
    },
    end: (name, labels) => {
      counters.get(name)?.remove(labels);
    },
    set: (name, ...[value, labels]) => {
      gauges.get(name)?.set(labels ?? {}, value);
    },
    observe: (name, ...[value, labels]) => {
      histograms.get(name)?.observe(labels ?? {}, value);
    },
  };
};
