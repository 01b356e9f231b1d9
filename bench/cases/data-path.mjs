import { openContestant } from '../contestants/open.mjs';
import { median } from '../measure/statistics.mjs';
import { count, ms, times } from '../report/numbers.mjs';

/** @typedef {{ host: number, pod: number, tcp?: { perSecond: number, p50: number, p99: number } }} Sample */
/** @typedef {{ name: string, rules: 'ours' | 'baseline' | 'floor', services: number, host: number, pod: number, tcp: number, p50: number, p99: number, rounds?: { host: readonly number[], tcp: readonly number[] } }} Row */

/** @type {readonly { name: string, rules: Row['rules'], services: number }[]} */
const plan = [
  { name: 'no proxy', rules: 'floor', services: 10_000 },
  { name: 'ours', rules: 'ours', services: 10 },
  { name: 'ours', rules: 'ours', services: 10_000 },
  { name: 'ours', rules: 'ours', services: 30_000 },
  { name: 'kube-proxy', rules: 'baseline', services: 10 },
  { name: 'kube-proxy', rules: 'baseline', services: 10_000 },
];

/** @type {import('./case.mjs').Case<readonly Row[]>} */
export const dataPath = {
  name: 'data-path',
  title: 'New flows and connections through a Service',
  seconds: { full: 300 },

  /** All rule sets are there at once, and take turns: each in a namespace of its own. */
  async run({ quick, say }) {
    say('packets');
    const wanted = quick ? plan.filter(({ services }) => services <= 10) : plan;
    const running = wanted.map((step) => ({ ...step, contestant: openContestant(step.rules) }));
    try {
      /** @type {Map<string, Sample[]>} */
      const samples = new Map();
      for (const protocol of ['UDP', 'TCP']) {
        for (const { contestant, services } of running) {
          await contestant.ask({ packets: { load: { services, endpoints: 5 }, protocol } });
        }
        for (let round = 0; round < 5; round++) {
          for (const [at, { contestant, services, rules }] of running.entries()) {
            if (protocol === 'TCP' && rules === 'floor') continue;
            const key = `${at} ${protocol}`;
            samples.set(key, [...(samples.get(key) ?? []), await contestant.ask({ send: { services, protocol } })]);
          }
        }
      }
      return running.map(({ name, rules, services }, at) => {
        const udp = samples.get(`${at} UDP`) ?? [];
        const tcp = samples.get(`${at} TCP`) ?? [];
        return {
          ...{ name, rules, services },
          ...{ host: median(udp.map(({ host }) => host)), pod: median(udp.map(({ pod }) => pod)) },
          rounds: { host: udp.map(({ host }) => host), tcp: tcp.map((one) => one.tcp?.perSecond ?? 0) },
          tcp: median(tcp.map((one) => one.tcp?.perSecond ?? 0)),
          p50: median(tcp.map((one) => one.tcp?.p50 ?? 0)),
          p99: median(tcp.map((one) => one.tcp?.p99 ?? 0)),
        };
      });
    } finally {
      for (const { contestant } of running) await contestant.close();
    }
  },

  tables: (rows) => [
    {
      title: 'New flows a second; a random Service each',
      heads: [
        ...['rules', 'Services', 'UDP from the host', 'a flow', 'UDP from a pod', 'a flow'],
        ...['TCP connections', 'p50', 'p99'],
      ],
      rows: rows.map(({ name, rules, services, host, pod, tcp, p50, p99 }) => [
        ...[name, rules === 'floor' ? '' : count(services), count(Math.round(host)), `${(1e6 / host).toFixed(1)} µs`],
        ...[count(Math.round(pod)), `${(1e6 / pod).toFixed(1)} µs`],
        ...(rules === 'floor' ? ['', '', ''] : [count(Math.round(tcp)), ms(p50), ms(p99)]),
      ]),
    },
  ],

  reaches(rows) {
    const at = (/** @type {string} */ rules, /** @type {number} */ services) =>
      rows.find((row) => row.rules === rules && row.services === services);
    const [few, many, ours, theirs] = [at('ours', 10), at('ours', 30_000), at('ours', 10_000), at('baseline', 10_000)];
    const tcp = ratio(many?.rounds?.tcp, few?.rounds?.tcp);
    const udp = ratio(ours?.rounds?.host, theirs?.rounds?.host);
    return [
      ...(few && many
        ? [
            {
              what: 'new TCP connections per second, 30,000 Services against 10',
              target: '≥ 0.95',
              measured: times(tcp),
              pass: tcp >= 0.95,
            },
          ]
        : []),
      ...(ours && theirs
        ? [
            {
              what: 'new UDP flows per second at 10,000 Services, against the baseline',
              target: '≥ 1.1 ×',
              measured: times(udp),
              pass: udp >= 1.1,
            },
          ]
        : []),
    ];
  },

  plots: () => [],
};

/**
 * Of the best round of each: whatever else the machine does makes a round slower, never faster.
 *
 * @param {readonly number[]} [a]
 * @param {readonly number[]} [b]
 */
function ratio(a = [], b = []) {
  return Math.max(...a) / Math.max(...b);
}
