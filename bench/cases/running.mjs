import { runDaemon } from '../daemon/run.mjs';
import { count, mb, ms } from '../report/numbers.mjs';

const size = { services: 10_000, endpoints: 5 };

/** @typedef {{ changes: number, daemonMs: number, nftMs: number, transactions: number, longestBlockMs: number, longestRunMs: number, residentMB: number, nftPeakMB: number }} Steady */
/** @typedef {{ coldMs: number, wallMs: number, nftMs: number, nftPeakMB: number }} Restart */
/** @typedef {{ wallMs: number, cpuMs: number, nftMs: number, residentMB: number }} Manifests */

/** @type {import('./case.mjs').Case<{ steady: Steady, restart: Restart, manifests: Manifests }>} */
export const running = {
  name: 'running',
  title: 'The daemon at 10,000 × 5: 100 changes a second, a restart, a start from manifests',
  quick: false,

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
        ...['changes', 'transactions', 'daemon, CPU', 'nft and kernel, CPU', 'longest block', 'its CPU'],
        ...['daemon', 'nft, peak'],
      ],
      rows: [
        [
          ...[count(steady.changes), count(steady.transactions), ms(steady.daemonMs), ms(steady.nftMs)],
          ...[ms(steady.longestBlockMs), ms(steady.longestRunMs), mb(steady.residentMB), mb(steady.nftPeakMB)],
        ],
      ],
    },
    {
      title: 'Other starts at 10,000 × 5',
      heads: ['', 'start to serving', 'nft and kernel, CPU'],
      rows: [
        ['from the API server, no table there', ms(restart.coldMs), ''],
        ['from the API server, over a full table', ms(restart.wallMs), ms(restart.nftMs)],
        ['from manifests in JSON', ms(manifests.wallMs), ms(manifests.nftMs)],
      ],
    },
  ],

  reaches: ({ steady }) => [
    {
      what: 'longest block of the event loop, 100 changes a second beside 10,000 × 5',
      target: '≤ 50 ms',
      measured: ms(steady.longestBlockMs),
      pass: steady.longestBlockMs <= 50,
    },
  ],

  plots: () => [],
};
