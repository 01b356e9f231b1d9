import { runDaemon } from '../daemon/run.mjs';
import { count, mb, ms } from '../report/numbers.mjs';
import { blockText } from './case.mjs';

const size = { services: 10_000, endpoints: 5 };

/** @typedef {{ changes: number, daemonMs: number, nftMs: number, transactions: number, longestBlockMs: number, longestOwnMs: number, residentMB: number, nftPeakMB: number }} Steady */
/** @typedef {{ coldMs: number, wallMs: number, nftMs: number, nftPeakMB: number, longestBlockMs: number, longestOwnMs: number }} Restart */
/** @typedef {{ wallMs: number, cpuMs: number, nftMs: number, residentMB: number, longestBlockMs: number, longestOwnMs: number }} Manifests */

/** @type {import('./case.mjs').Case<{ steady: Steady, restart: Restart, manifests: Manifests }>} */
export const running = {
  name: 'running',
  title: 'The daemon at 10,000 × 5: 100 changes a second, a restart, a start from manifests',
  seconds: { full: 130 },

  async run({ quick, say }) {
    say('100 changes a second');
    const steady = await runDaemon('changes', { size, perSecond: 100, seconds: quick ? 10 : 60 });
    say('a restart over a full table');
    const restart = await runDaemon('restart', { size });
    say('a start from manifests');
    return { steady, restart, manifests: await runDaemon('manifests', { size }) };
  },

  tables: ({ steady, restart, manifests }) => [
    {
      title: '100 changes a second beside 10,000 × 5',
      heads: [
        ...[
          'changes',
          'transactions',
          'daemon, CPU',
          'nft and kernel, CPU',
          'longest block',
          'and waiting for a processor',
        ],
        ...['daemon', 'nft, peak'],
      ],
      rows: [
        [
          ...[count(steady.changes), count(steady.transactions), ms(steady.daemonMs), ms(steady.nftMs)],
          ...[ms(steady.longestOwnMs), ms(steady.longestBlockMs), mb(steady.residentMB), mb(steady.nftPeakMB)],
        ],
      ],
    },
    {
      title: 'Other starts at 10,000 × 5',
      heads: ['', 'start to serving', 'nft and kernel, CPU', 'longest block'],
      rows: [
        ['from the API server, no table there', ms(restart.coldMs), '', ''],
        ['from the API server, over a full table', ms(restart.wallMs), ms(restart.nftMs), ms(restart.longestOwnMs)],
        ['from manifests in JSON', ms(manifests.wallMs), ms(manifests.nftMs), ms(manifests.longestOwnMs)],
      ],
    },
  ],

  reaches: ({ steady, restart, manifests }) =>
    [
      { when: '100 changes a second beside 10,000 × 5', block: steady },
      { when: 'restart over a table of 10,000 × 5', block: restart },
      { when: 'start from manifests of 10,000 × 5', block: manifests },
    ].map(({ when, block }) => ({
      what: `longest block of the event loop, ${when}`,
      target: '≤ 50 ms',
      measured: blockText(block),
      pass: block.longestOwnMs <= 50,
    })),

  plots: () => [],
};
