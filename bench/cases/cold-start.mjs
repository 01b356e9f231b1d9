import { runDaemon } from '../daemon/run.mjs';
import { openContestant } from '../contestants/open.mjs';
import { mb, ms, times } from '../report/numbers.mjs';
import { blockText, rowOf, sizeName } from './case.mjs';

/** @typedef {import('./case.mjs').Size} Size */
/** @typedef {{ size: Size, baselineMs?: number } & import('../daemon/cold-start.mjs').ColdStart} Row */

/** @type {readonly { size: Size, quick: boolean, memoryMB?: number, blockMs?: number }[]} */
const plan = [
  { size: { services: 100, endpoints: 5 }, quick: false },
  { size: { services: 10_000, endpoints: 5 }, quick: true, memoryMB: 200, blockMs: 50 },
  { size: { services: 30_000, endpoints: 10 }, quick: false, memoryMB: 350 },
  { size: { services: 100_000, endpoints: 10 }, quick: false, memoryMB: 800, blockMs: 200 },
];

/** In the order of the flow. */
const phases = ['start', 'receive', 'plan', 'diff', 'render', 'run nft', 'observe', 'garbage collection', 'other'];

/** @type {import('./case.mjs').Case<readonly Row[]>} */
export const coldStart = {
  name: 'cold-start',
  title: 'The daemon from its start to the last Service in the kernel',
  seconds: { quick: 25, full: 300 },

  async run({ quick, say, known }) {
    /** @type {Row[]} */
    const rows = [];
    for (const { size, blockMs } of plan.filter((step) => !quick || step.quick)) {
      say(`cold start with ${sizeName(size)}`);
      const figures = await runDaemon('cold-start', { size, phases: !quick });
      const isCompared = blockMs !== undefined && size.services <= 10_000;
      rows.push({ size, ...figures, ...(isCompared && { baselineMs: await baselineLoad(size, known) }) });
    }
    return rows;
  },

  tables: (rows) => [
    {
      title: 'Cold start from the API server',
      heads: [
        ...['Services', 'start to serving', "kube-proxy's load alone", 'daemon, CPU', 'nft, CPU', 'kernel, CPU'],
        ...['longest block', 'and waiting for a processor', 'daemon, settled', 'daemon, peak', 'nft, peak'],
      ],
      rows: rows.map((row) => [
        ...[sizeName(row.size), ms(row.wallMs), ms(row.baselineMs), ms(row.cpuMs), ms(row.nftUserMs)],
        ...[ms(row.nftKernelMs), ms(row.longestOwnMs), ms(row.longestBlockMs)],
        ...[mb(row.residentMB), mb(row.peakMB), mb(row.nftPeakMB)],
      ]),
    },
    ...profileTables(rows),
  ],

  reaches: (rows) =>
    plan.flatMap(({ size, memoryMB, blockMs }) => {
      const row = rowOf(rows, size.services);
      if (row === undefined) return [];
      const at = `at ${sizeName(size)}`;
      return [
        ...(row.baselineMs === undefined
          ? []
          : [
              {
                what: `cold start ${at}, process start to programmed, against the baseline's load alone`,
                target: '≥ 5 × faster; the aim is 2 s',
                measured: `${times(row.baselineMs / row.wallMs)} (${ms(row.wallMs)})`,
                pass: row.baselineMs / row.wallMs >= 5,
              },
            ]),
        ...(memoryMB === undefined
          ? []
          : [
              {
                what: `memory of the daemon ${at}, settled`,
                target: `≤ ${memoryMB} MB`,
                measured: mb(row.residentMB),
                pass: row.residentMB <= memoryMB,
              },
            ]),
        ...(blockMs === undefined
          ? []
          : [
              {
                what: `longest block of the event loop ${at}, cold start`,
                target: `≤ ${blockMs} ms`,
                measured: blockText(row),
                pass: row.longestOwnMs <= blockMs,
              },
            ]),
      ];
    }),

  plots: (rows) => [
    {
      file: 'cold-start',
      title: 'Cold start: from the start of the process to the last Service',
      x: 'Services',
      y: 'seconds',
      series: [{ name: 'nftproxier', points: rows.map(({ size, wallMs }) => [size.services, wallMs / 1_000]) }],
    },
    {
      file: 'memory',
      title: 'Memory, settled',
      x: 'Services',
      y: 'MB',
      series: [
        { name: 'daemon', points: rows.map(({ size, residentMB }) => [size.services, residentMB]) },
        { name: 'nft, peak', points: rows.map(({ size, nftPeakMB }) => [size.services, nftPeakMB]) },
      ],
    },
  ],
};

/**
 * What nft takes to load the baseline's rules: measured in this run already, or now.
 *
 * @param {Size} size
 * @param {import('./case.mjs').Run['known']} known
 * @returns {Promise<number>} milliseconds
 */
async function baselineLoad(size, known) {
  /** @type {readonly import('./first-load.mjs').Row[]} */
  const loads = known['first-load'] ?? [];
  const loaded = rowOf(loads, size.services)?.baseline;
  if (loaded !== undefined) return loaded.wallMs;
  const baseline = openContestant('baseline');
  try {
    return (await baseline.ask({ load: size })).wallMs;
  } finally {
    await baseline.close();
  }
}

/** @param {readonly Row[]} rows @returns {readonly import('./case.mjs').Table[]} */
function profileTables(rows) {
  const profiled = rows.flatMap(({ size, phases: times }) => (times === undefined ? [] : [{ size, times }]));
  if (profiled.length === 0) return [];
  const table = (/** @type {string} */ title, /** @type {'all' | 'longestBlock'} */ of) => ({
    title,
    heads: ['Services', ...phases],
    rows: profiled.map(({ size, times }) => [sizeName(size), ...phases.map((phase) => ms(times[of][phase] ?? 0))]),
  });
  return [
    table("The daemon's CPU time by phase (of another run, with a profiler)", 'all'),
    table('The longest block of that run, by phase', 'longestBlock'),
  ];
}
