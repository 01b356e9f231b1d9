import { openContestant } from '../contestants/open.mjs';
import { count, ms } from '../report/numbers.mjs';

const endpoints = 5_000;

/** @typedef {{ changes: number, elements: number, wallMs: number, longestMs: number }} Roll */
/** @typedef {{ surge: Roll, apart?: Roll }} Figures */

/** @type {import('./case.mjs').Case<Figures>} */
export const rollout = {
  name: 'rollout',
  title: 'A rolling replacement of a Service of 5,000 endpoints',
  seconds: { quick: 8, full: 15 },

  async run({ quick, say }) {
    say('rolling replacement of 5,000 endpoints');
    const ours = openContestant('ours');
    try {
      await ours.ask({ load: { services: 100, endpoints: 5 } });
      const surge = await ours.ask({ rollout: { endpoints, atOnce: 100, apart: false } });
      if (quick) return { surge };
      return { surge, apart: await ours.ask({ rollout: { endpoints, atOnce: 100, apart: true } }) };
    } finally {
      await ours.close();
    }
  },

  tables: ({ surge, apart }) => [
    {
      title: 'A Service of 5,000 endpoints, replaced 100 at a time',
      heads: ['', 'changes', 'element operations', 'per endpoint', 'whole', 'longest change'],
      rows: [
        row('each change has some that come and some that go', surge),
        ...(apart === undefined ? [] : [row('some come, then some go, each a change of its own', apart)]),
      ],
    },
  ],

  reaches: ({ surge }) => [
    {
      what: 'a Service of 5,000 endpoints fully rolled, element operations per endpoint',
      target: '≤ 4',
      measured: count(surge.elements / endpoints),
      pass: surge.elements / endpoints <= 4,
    },
  ],

  plots: () => [],
};

/**
 * @param {string} name
 * @param {Roll} roll
 */
function row(name, { changes, elements, wallMs, longestMs }) {
  return [name, count(changes), count(elements), (elements / endpoints).toFixed(2), ms(wallMs), ms(longestMs)];
}
