import { openContestant } from '../contestants/open.mjs';
import { median } from '../measure/statistics.mjs';
import { count, mb, ms, times } from '../report/numbers.mjs';
import { rowOf, sizeName } from './case.mjs';

/** @typedef {import('./case.mjs').Size} Size */
/** @typedef {import('../measure/nft.mjs').NftUse & { kernelMB: number }} Load */
/** @typedef {Load & { operations: number, elements: number, phases: Record<'plan' | 'diff' | 'render' | 'nft', number> }} OwnLoad */
/** @typedef {{ size: Size, ours: OwnLoad, floor: Load, baseline?: Load & { operations: number }, baselineOverMs?: number, floorRatio: number, baselineRatio?: number }} Row */

/** Longest time that the baseline gets: it grows with the square of the number of Services. */
const baselineLimitMs = 150_000;

/** `again`: the baseline's table is needed for changes too. @type {readonly { size: Size, rounds: number, baseline: boolean, quick: boolean, again?: boolean }[]} */
const plan = [
  { size: { services: 100, endpoints: 5 }, rounds: 3, baseline: true, quick: true },
  { size: { services: 1_000, endpoints: 5 }, rounds: 3, baseline: true, quick: false },
  { size: { services: 3_000, endpoints: 5 }, rounds: 3, baseline: true, quick: false },
  { size: { services: 10_000, endpoints: 5 }, rounds: 3, baseline: true, quick: true, again: true },
  { size: { services: 30_000, endpoints: 10 }, rounds: 1, baseline: true, quick: false },
  { size: { services: 100_000, endpoints: 10 }, rounds: 1, baseline: false, quick: false },
];

/** @type {import('./case.mjs').Case<readonly Row[]>} */
export const firstLoad = {
  name: 'first-load',
  title: 'First load of a table',
  seconds: { quick: 45, full: 420 },

  async run({ quick, say, loaded }) {
    /** @type {Row[]} */
    const rows = [];
    for (const { size, rounds, baseline, again } of plan.filter((step) => !quick || step.quick)) {
      say(`first load of ${sizeName(size)}`);
      /** @type {{ ours: OwnLoad, floor: Load }[]} */
      const pairs = [];
      for (let round = 0; round < (quick ? 2 : rounds); round++) {
        pairs.push({ ours: await load('ours', size), floor: await load('floor', size) });
      }
      const sorted = pairs.sort((a, b) => ratioOf(a) - ratioOf(b));
      const middle = sorted[Math.floor(sorted.length / 2)];
      if (middle === undefined) continue;
      const base = baseline ? await loadBaseline(size, again ? loaded : undefined) : undefined;
      const own = median(pairs.map(({ ours }) => ours.wallMs));
      const isOver = baseline && base === undefined;
      rows.push({
        size,
        ...middle,
        floorRatio: ratioOf(middle),
        ...(base && { baseline: base, baselineRatio: base.wallMs / own }),
        ...(isOver && { baselineOverMs: baselineLimitMs }),
      });
    }
    return rows;
  },

  tables: (rows) => [
    {
      title: 'nft time of a first load',
      heads: ['Services', 'ours', 'floor', 'kube-proxy', 'ours ÷ floor', 'kube-proxy ÷ ours', 'operations', 'elements'],
      rows: rows.map(({ size, ours, floor, baseline, baselineOverMs, floorRatio, baselineRatio }) => [
        ...[sizeName(size), ms(ours.wallMs), ms(floor.wallMs)],
        ...[baselineOverMs === undefined ? ms(baseline?.wallMs) : `> ${ms(baselineOverMs)}`],
        ...[times(floorRatio), times(baselineRatio)],
        ...[count(ours.operations), count(ours.elements)],
      ]),
    },
    {
      title: 'Phases and memory of a first load',
      heads: [
        ...['Services', 'plan', 'diff', 'render', 'nft, CPU', 'kernel, CPU'],
        ...['nft, peak', 'floor: nft, peak', 'kube-proxy: nft, peak', 'kernel memory', 'kube-proxy: kernel memory'],
      ],
      rows: rows.map(({ size, ours, floor, baseline }) => [
        sizeName(size),
        ...[ms(ours.phases.plan), ms(ours.phases.diff), ms(ours.phases.render), ms(ours.userMs), ms(ours.kernelMs)],
        ...[mb(ours.peakMB), mb(floor.peakMB), mb(baseline?.peakMB), mb(ours.kernelMB), mb(baseline?.kernelMB)],
      ]),
    },
  ],

  reaches(rows) {
    const large = rowOf(rows, 10_000);
    const peak = Math.max(...rows.map(({ ours }) => ours.peakMB));
    return [
      ...(large
        ? [
            {
              what: 'first load at 10,000 × 5, nft time, against the floor',
              target: '≤ 1.3 ×',
              measured: times(large.floorRatio),
              pass: large.floorRatio <= 1.3,
            },
            {
              what: 'first load at 10,000 × 5, nft time, against the baseline',
              target: '≥ 10 × faster',
              measured: times(large.baselineRatio),
              pass: (large.baselineRatio ?? 0) >= 10,
            },
          ]
        : []),
      { what: 'peak memory of nft, any size', target: '≤ 64 MB', measured: mb(peak), pass: peak <= 64 },
    ];
  },

  plots: (rows) => [
    {
      file: 'first-load',
      title: 'First load: time of nft',
      x: 'Services',
      y: 'seconds',
      series: [
        { name: 'kube-proxy 1.36', points: points(rows, ({ baseline }) => baseline?.wallMs) },
        { name: 'nftproxier', points: points(rows, ({ ours }) => ours.wallMs) },
        { name: 'floor', points: points(rows, ({ floor }) => floor.wallMs) },
      ],
    },
  ],
};

/**
 * @param {'ours' | 'floor' | 'baseline'} name
 * @param {Size} size
 */
async function load(name, size) {
  const contestant = openContestant(name);
  try {
    return await contestant.ask({ load: size });
  } finally {
    await contestant.close();
  }
}

/**
 * Undefined where it takes longer than {@link baselineLimitMs}.
 *
 * @param {Size} size
 * @param {import('./case.mjs').Run['loaded'] | undefined} loaded keeps it
 */
async function loadBaseline(size, loaded) {
  const contestant = openContestant('baseline');
  /** @type {(Load & { operations: number }) | undefined} */
  const figures = await contestant.askWithin({ load: size }, baselineLimitMs);
  if (figures === undefined || loaded === undefined) await contestant.close();
  else loaded.keep(size, contestant);
  return figures;
}

/** @param {{ ours: Load, floor: Load }} pair */
function ratioOf({ ours, floor }) {
  return ours.wallMs / floor.wallMs;
}

/**
 * @param {readonly Row[]} rows
 * @param {(row: Row) => number | undefined} of milliseconds
 * @returns {readonly (readonly [number, number])[]}
 */
function points(rows, of) {
  return rows.flatMap((row) => {
    const value = of(row);
    return value === undefined ? [] : [/** @type {const} */ ([row.size.services, value / 1_000])];
  });
}
