import type { DaemonNode } from '../daemon/node.js';
import { usageOf } from '../daemon/node.js';

/** What the daemon uses at a moment. */
export interface Sample {
  /** Seconds since the beginning. */
  readonly at: number;
  /** Which process it was. */
  readonly pid: number;
  readonly residentMB: number;
  readonly descriptors: number;
  readonly children: number;
  /** Timers of its event loop; undefined while it does not answer. */
  readonly timers: number | undefined;
}

/** Takes a sample; undefined while there is no daemon. */
export async function sample(node: DaemonNode, at: number): Promise<Sample | undefined> {
  const { pid } = node.daemon;
  const usage = await usageOf(pid);
  if (pid === undefined || usage === undefined) return undefined;
  const { residentMB, descriptors, children } = usage;
  return { at, pid, residentMB, descriptors, children: children.length, timers: await timersOf(node) };
}

const ask = `fetch('http://127.0.0.1:10249/metrics').then(async (answer) => console.log(await answer.text()))`;

/** The metrics page; empty while nobody answers. */
export async function metricsOf(node: DaemonNode): Promise<string> {
  const { stdout } = await node.lab.exec('node-a', [process.execPath, '-e', ask], { allowFailure: true });
  return stdout;
}

async function timersOf(node: DaemonNode): Promise<number | undefined> {
  const found = /nodejs_active_resources\{type="Timeout"\} (\d+)/.exec(await metricsOf(node))?.[1];
  return found === undefined ? undefined : Number(found);
}

/** How something went on in the process that lived last: in its second third, and in its last. */
export interface Trend {
  readonly middle: number;
  readonly last: number;
}

/** The medians of a value in the second and the last third of the samples of the last process. */
export function trendOf(samples: readonly Sample[], value: (one: Sample) => number | undefined): Trend {
  const pid = samples.at(-1)?.pid;
  const values = samples
    .filter((one) => one.pid === pid)
    .map(value)
    .filter((one) => one !== undefined);
  const third = Math.floor(values.length / 3);
  return { middle: median(values.slice(third, 2 * third)), last: median(values.slice(2 * third)) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A table of at most 30 samples, and the trends. */
export function tableOf(samples: readonly Sample[]): string {
  const every = Math.max(1, Math.ceil(samples.length / 30));
  const rows = samples
    .filter((_, index) => index % every === 0 || index === samples.length - 1)
    .map(({ at, pid, residentMB, descriptors, children, timers }) =>
      [at.toFixed(0), pid, residentMB.toFixed(1), descriptors, children, timers ?? '-']
        .map((cell) => String(cell).padStart(11))
        .join(''),
    );
  return [
    ['seconds', 'process', 'memory MB', 'descriptors', 'children', 'timers'].map((head) => head.padStart(11)).join(''),
    ...rows,
  ].join('\n');
}
