import { openContestant } from '../contestants/open.mjs';
import { median } from '../measure/statistics.mjs';
import { count, ms, times } from '../report/numbers.mjs';

/** @typedef {{ affinity: number, loadMs: number, p50: number, floor: number }} Row */

/** @type {import('./case.mjs').Case<readonly Row[]>} */
export const affinity = {
  name: 'affinity',
  title: 'A change beside Services with session affinity',
  seconds: { full: 120 },

  async run({ quick, say }) {
    /** @type {Row[]} */
    const rows = [];
    for (const some of quick ? [0, 100] : [0, 100, 1_000, 3_000]) {
      say(`changes beside ${some} Services with session affinity`);
      const ours = openContestant('ours');
      const floor = openContestant('floor');
      try {
        const { wallMs } = await ours.ask({ load: { services: 1_000, endpoints: 5, affinity: some } });
        await floor.ask({ floor: 'open' });
        /** @type {number[]} */
        const changed = [];
        /** @type {number[]} */
        const least = [];
        for (let round = 0; round < 20; round++) {
          changed.push((await ours.ask({ change: 'endpoint replaced' })).ms);
          least.push((await floor.ask({ floor: 'replace' })).ms);
        }
        rows.push({ affinity: some, loadMs: wallMs, p50: median(changed.slice(2)), floor: median(least.slice(2)) });
      } finally {
        await Promise.all([ours.close(), floor.close()]);
      }
    }
    return rows;
  },

  tables: (rows) => [
    {
      title: 'An endpoint replaced beside 1,000 × 5 and Services with session affinity and three endpoints',
      heads: ['with affinity', 'first load', 'p50 of a change', 'floor', 'p50 ÷ floor'],
      rows: rows.map(({ affinity: some, loadMs, p50, floor }) => [
        ...[count(some), ms(loadMs), ms(p50), ms(floor), times(p50 / floor)],
      ]),
    },
  ],

  reaches: () => [],
  plots: () => [],
};
