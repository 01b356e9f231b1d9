import { changeKinds } from '../cluster/changes.mjs';
import { openContestant } from '../contestants/open.mjs';
import { median, quantile, sum } from '../measure/statistics.mjs';
import { count, ms, times } from '../report/numbers.mjs';
import { rowOf, sizeName } from './case.mjs';

/** @typedef {import('./case.mjs').Size} Size */
/** @typedef {import('../cluster/changes.mjs').ChangeKind} ChangeKind */
/** @typedef {{ ms: number, nftMs: number, planMs: number, diffMs: number, renderMs: number, userMs: number, kernelMs: number, operations: number, elements: number, bytes: number }} Result */
/** @typedef {{ p50: number, p99: number, plan: number, diff: number, render: number, nft: number, nftUser: number, kernel: number, operations: number, elements: number, bytes: number }} Own */
/** @typedef {{ ms: number, listMs: number }} Sync */
/** @typedef {{ kind: ChangeKind, ours: Own, floor: number, baseline?: Sync }} Kind */
/** What the baseline does as well, how often. @typedef {{ rounds: number, compared: readonly ChangeKind[], loaded: import('./case.mjs').Run['loaded'] }} Compared */
/** @typedef {{ size: Size, rounds: number, floorReplace: number, floorAdd: number, byHand: number, kinds: readonly Kind[] }} Row */

/** @type {readonly { size: Size, baseline: number, quick: boolean }[]} */
const plan = [
  { size: { services: 100, endpoints: 5 }, baseline: 3, quick: true },
  { size: { services: 1_000, endpoints: 5 }, baseline: 3, quick: false },
  { size: { services: 10_000, endpoints: 5 }, baseline: 1, quick: true },
  { size: { services: 30_000, endpoints: 10 }, baseline: 0, quick: false },
  { size: { services: 100_000, endpoints: 10 }, baseline: 0, quick: false },
];

/** The listing is most of it, and the same for every kind. @type {readonly ChangeKind[]} */
const quicklyCompared = ['endpoint replaced', 'service added'];

/** Of the Services that are added by hand: beyond all others. */
const firstByHand = 300_000;

/** The first changes of each kind are not counted: they make shared chains, which later ones find. */
const warmUp = 3;

/** @type {import('./case.mjs').Case<readonly Row[]>} */
export const change = {
  name: 'change',
  title: 'One change',
  seconds: { quick: 60, full: 420 },

  async run({ quick, say, loaded }) {
    /** @type {Row[]} */
    const rows = [];
    for (const { size, baseline } of plan.filter((step) => !quick || step.quick)) {
      say(`changes beside ${sizeName(size)}`);
      const compared = quick ? quicklyCompared : changeKinds;
      rows.push(await measure(size, quick ? 30 : 150, { rounds: baseline, compared, loaded }));
    }
    return rows;
  },

  tables: (rows) => [
    {
      title: 'One change, from event to kernel',
      heads: [
        ...['Services', 'change', 'p50', 'p99', 'floor', 'p50 ÷ floor', 'p99 ÷ floor'],
        ...['operations', 'elements', 'bytes'],
      ],
      rows: rows.flatMap(({ size, kinds }) =>
        kinds.map(({ kind, ours, floor }) => [
          ...[sizeName(size), kind, ms(ours.p50), ms(ours.p99), ms(floor)],
          ...[times(ours.p50 / floor), times(ours.p99 / floor)],
          ...[count(ours.operations), count(ours.elements), count(ours.bytes)],
        ]),
      ),
    },
    {
      title: 'The phases of it: medians, but for CPU times, which are means',
      heads: ['Services', 'change', 'plan', 'diff', 'render', 'nft and kernel', 'nft, CPU', 'kernel, CPU'],
      rows: rows.flatMap(({ size, kinds }) =>
        kinds.map(({ kind, ours }) => [
          ...[sizeName(size), kind, ms(ours.plan), ms(ours.diff), ms(ours.render), ms(ours.nft)],
          ...[ms(ours.nftUser), ms(ours.kernel)],
        ]),
      ),
    },
    {
      title: 'A Service that is added, against the same elements by hand in the same table',
      heads: ['Services', 'p50', 'by hand', 'one element in a table of ten', 'p50 ÷ by hand', 'p50 ÷ one element'],
      rows: rows.map(({ size, kinds, byHand, floorAdd }) => {
        const p50 = addedOf(kinds)?.ours.p50 ?? Number.NaN;
        return [sizeName(size), ms(p50), ms(byHand), ms(floorAdd), times(p50 / byHand), times(p50 / floorAdd)];
      }),
    },
    {
      title: 'The same change, by kube-proxy',
      heads: ['Services', 'change', 'sync with its listing', 'of that, listing', 'kube-proxy ÷ ours'],
      rows: rows.flatMap(({ size, kinds }) =>
        kinds.flatMap(({ kind, ours, baseline }) =>
          baseline === undefined
            ? []
            : [[sizeName(size), kind, ms(baseline.ms), ms(baseline.listMs), times(baseline.ms / ours.p50)]],
        ),
      ),
    },
  ],

  reaches(rows) {
    const large = rowOf(rows, 10_000);
    const largest = rowOf(rows, 100_000);
    return [
      ...(large === undefined ? [] : reachesAt10000(large)),
      ...(largest === undefined
        ? []
        : largest.kinds.flatMap(({ kind, ours, floor }) => {
            const limit = kind === 'endpoint replaced' ? 2 : 4;
            if (!kind.startsWith('endpoint')) return [];
            const what = `${kind} at 100,000 × 10, against the floor`;
            return [
              { what, target: `≤ ${limit} ×`, measured: times(ours.p50 / floor), pass: ours.p50 / floor <= limit },
            ];
          })),
    ];
  },

  plots: (rows) => [
    {
      file: 'change',
      title: 'One change: from event to kernel, median',
      x: 'Services',
      y: 'milliseconds',
      series: [
        { name: 'kube-proxy 1.36', points: pointsOf(rows, 'endpoint replaced', ({ baseline }) => baseline?.ms) },
        { name: 'endpoint replaced', points: pointsOf(rows, 'endpoint replaced', ({ ours }) => ours.p50) },
        { name: 'endpoint added', points: pointsOf(rows, 'endpoint added', ({ ours }) => ours.p50) },
        { name: 'service added', points: pointsOf(rows, 'service added', ({ ours }) => ours.p50) },
        { name: 'floor', points: pointsOf(rows, 'endpoint replaced', ({ floor }) => floor) },
      ],
    },
  ],
};

/**
 * Ours and the floor in turns, so that whatever else the machine does meets both.
 *
 * @param {Size} size
 * @param {number} rounds of each kind
 * @param {Compared} compared
 * @returns {Promise<Row>}
 */
async function measure(size, rounds, compared) {
  const ours = openContestant('ours');
  const floor = openContestant('floor');
  try {
    await ours.ask({ load: size });
    await floor.ask({ floor: 'open' });
    /** @type {Map<ChangeKind, Result[]>} */
    const own = new Map(changeKinds.map((kind) => [kind, []]));
    /** @type {number[]} */
    const replaced = [];
    /** @type {number[]} */
    const added = [];
    /** @type {number[]} */
    const byHand = [];
    for (let round = -warmUp; round < rounds; round++) {
      for (const kind of changeKinds) {
        const result = await ours.ask({ change: kind });
        if (round >= 0) own.get(kind)?.push(result);
        if (kind !== 'service added') continue;
        const service = { index: firstByHand + round, endpoints: size.endpoints };
        byHand.push((await ours.ask({ addByHand: service })).ms);
      }
      for (let pass = 0; pass < 2; pass++) {
        replaced.push((await floor.ask({ floor: 'replace' })).ms);
        added.push((await floor.ask({ floor: 'add' })).ms);
      }
    }
    const floorReplace = median(replaced.slice(2 * warmUp));
    const floorAdd = median(added.slice(2 * warmUp));
    const baseline = await baselineSyncs(size, compared);
    const kinds = changeKinds.map((kind) => {
      const results = own.get(kind) ?? [];
      const sync = baseline?.get(kind);
      return {
        kind,
        ours: summary(results),
        floor: kind === 'service added' ? floorAdd : floorReplace,
        ...(sync && { baseline: sync }),
      };
    });
    return { size, rounds, floorReplace, floorAdd, byHand: median(byHand.slice(warmUp)), kinds };
  } finally {
    await Promise.all([ours.close(), floor.close()]);
  }
}

/** @param {readonly Result[]} results @returns {Own} */
function summary(results) {
  const all = (/** @type {keyof Result} */ what) => results.map((result) => result[what]);
  // CPU times of single processes are rounded to 10 ms.
  const mean = (/** @type {keyof Result} */ what) => sum(all(what)) / results.length;
  return {
    ...{ p50: median(all('ms')), p99: quantile(all('ms'), 0.99) },
    ...{ plan: median(all('planMs')), diff: median(all('diffMs')), render: median(all('renderMs')) },
    ...{ nft: median(all('nftMs')), nftUser: mean('userMs'), kernel: mean('kernelMs') },
    ...{ operations: median(all('operations')), elements: median(all('elements')), bytes: median(all('bytes')) },
  };
}

/** @param {readonly Kind[]} kinds */
function addedOf(kinds) {
  return kinds.find(({ kind }) => kind === 'service added');
}

/**
 * @param {Size} size
 * @param {Compared} compared
 */
async function baselineSyncs(size, { rounds, compared, loaded }) {
  if (rounds === 0) return undefined;
  const kept = loaded.take(size);
  const baseline = kept ?? openContestant('baseline');
  try {
    if (kept === undefined) await baseline.ask({ load: size });
    /** @type {Map<ChangeKind, Sync>} */
    const syncs = new Map();
    for (const kind of compared) {
      /** @type {Sync[]} */
      const results = [];
      for (let round = 0; round < rounds; round++) results.push(await baseline.ask({ change: kind }));
      results.sort((a, b) => a.ms - b.ms);
      const middle = results[Math.floor(results.length / 2)];
      if (middle) syncs.set(kind, { ms: middle.ms, listMs: middle.listMs });
    }
    return syncs;
  } finally {
    await baseline.close();
  }
}

/** @param {Row} row */
function reachesAt10000({ kinds, byHand }) {
  const others = kinds.filter(({ kind }) => kind !== 'service added');
  const p50 = Math.max(...others.map(({ ours, floor }) => ours.p50 / floor));
  const added = addedOf(kinds);
  const ofAdded = (added?.ours.p50 ?? Number.NaN) / byHand;
  const ofOne = (added?.ours.p50 ?? Number.NaN) / (added?.floor ?? Number.NaN);
  const p99 = Math.max(...kinds.map(({ ours, floor }) => ours.p99 / floor));
  const compared = kinds.flatMap(({ ours, baseline }) => (baseline === undefined ? [] : [baseline.ms / ours.p50]));
  const faster = Math.min(...compared);
  const what = 'one change at 10,000 × 5';
  return [
    {
      what: `${what}, p50 of the slowest kind but for an added Service`,
      target: '≤ 1.5 × the floor',
      measured: times(p50),
      pass: p50 <= 1.5,
    },
    {
      what: `${what}, p50 of an added Service, against its elements by hand in the same table`,
      target: '≤ 1.5 × that floor',
      measured: `${times(ofAdded)} (of one element in a table of ten: ${times(ofOne)})`,
      pass: ofAdded <= 1.5,
    },
    { what: `${what}, p99 of the slowest kind`, target: '≤ 4 × the floor', measured: times(p99), pass: p99 <= 4 },
    {
      what: `${what}, against the baseline's sync with its listing`,
      target: '≥ 100 × faster',
      measured: times(faster),
      pass: faster >= 100,
    },
  ];
}

/**
 * @param {readonly Row[]} rows
 * @param {ChangeKind} kind
 * @param {(kind: Kind) => number | undefined} of
 * @returns {readonly (readonly [number, number])[]}
 */
function pointsOf(rows, kind, of) {
  return rows.flatMap(({ size, kinds }) => {
    const found = kinds.find((one) => one.kind === kind);
    const value = found && of(found);
    return value === undefined ? [] : [/** @type {const} */ ([size.services, value])];
  });
}
