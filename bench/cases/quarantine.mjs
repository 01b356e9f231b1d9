import { openContestant } from '../contestants/open.mjs';
import { count, ms } from '../report/numbers.mjs';

/** @typedef {{ loadMs: number, loadRuns: number, plainMs: number, plainRuns: number, refused: number, changeMs: number, changeRuns: number }} Figures */

/** @type {import('./case.mjs').Case<Figures>} */
export const quarantine = {
  name: 'quarantine',
  title: 'One Service of 10,000 that nft refuses',
  seconds: { full: 15 },

  async run({ say }) {
    say('quarantine of one Service in 10,000');
    const plain = await load({});
    const poisoned = await load({ poison: 5_000 });
    return { ...poisoned, plainMs: plain.loadMs, plainRuns: plain.loadRuns };
  },

  tables: ({ loadMs, loadRuns, plainMs, plainRuns, refused, changeMs, changeRuns }) => [
    {
      title: 'One Service of 10,000 × 5 is refused',
      heads: ['', 'time', 'runs of nft', 'refused'],
      rows: [
        ['first load without it', ms(plainMs), count(plainRuns), '0'],
        ['first load with it', ms(loadMs), count(loadRuns), count(refused)],
        ['a change of 100 Services, it among them', ms(changeMs), count(changeRuns), count(refused)],
      ],
    },
  ],

  reaches: ({ refused }) => [
    {
      what: 'Services set aside where one of 10,000 is refused',
      target: '1',
      measured: count(refused),
      pass: refused === 1,
    },
  ],
  plots: () => [],
};

/** @param {{ poison?: number }} options */
async function load(options) {
  const ours = openContestant('ours');
  try {
    return await ours.ask({ quarantine: { services: 10_000, endpoints: 5, ...options } });
  } finally {
    await ours.close();
  }
}
