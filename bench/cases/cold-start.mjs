import { runDaemon } from '../daemon/run.mjs';
import { mb, ms } from '../report/numbers.mjs';
import { rowOf, sizeName } from './case.mjs';

/** @typedef {import('./case.mjs').Size} Size */
/** @typedef {{ size: Size } & import('../daemon/cold-start.mjs').ColdStart} Row */

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
  quick: true,

  async run({ quick, say }) {
    /** @type {Row[]} */
    const rows = [];
    for (const { size } of plan.filter((step) => !quick || step.quick)) {
      say(`cold start with ${sizeName(size)}`);
      rows.push({ size, ...(await runDaemon('cold-start', { size, phases: !quick })) });
    }
    return rows;
  },

  tables: (rows) => [
    {
      title: 'Cold start from the API server',
      heads: [
        ...['Services', 'start to serving', 'daemon, CPU', 'nft, CPU', 'kernel, CPU', 'longest block', 'its CPU'],
        ...['daemon, settled', 'daemon, peak', 'nft, peak'],
      ],
      rows: rows.map((row) => [
        ...[sizeName(row.size), ms(row.wallMs), ms(row.cpuMs), ms(row.nftUserMs), ms(row.nftKernelMs)],
        ...[ms(row.longestBlockMs), ms(row.longestRunMs), mb(row.residentMB), mb(row.peakMB), mb(row.nftPeakMB)],
      ]),
    },
    {
      title: "The daemon's CPU time by phase (of another run, with a profiler)",
      heads: ['Services', ...phases],
      rows: rows.flatMap(({ size, phases: times }) =>
        times === undefined ? [] : [[sizeName(size), ...phases.map((phase) => ms(times[phase] ?? 0))]],
      ),
    },
  ],

  reaches: (rows) =>
    plan.flatMap(({ size, memoryMB, blockMs }) => {
      const row = rowOf(rows, size.services);
      if (row === undefined) return [];
      const at = `at ${sizeName(size)}`;
      return [
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
                measured: ms(row.longestBlockMs),
                pass: row.longestBlockMs <= blockMs,
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
