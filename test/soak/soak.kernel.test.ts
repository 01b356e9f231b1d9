import { describe, expect, it } from 'vitest';
import { full, reportRow } from '../reliability/scorecard.js';
import { elementAtRest, faults } from './faults.js';
import { soak } from './soak.js';
import type { SoakOptions } from './soak.js';
import { tableOf, trendOf } from './samples.js';

/** A minute in the gate, a quarter of an hour for the scorecard; `npm run soak` says what it wants. */
const minutes = Number(process.env['NFTPROXIER_SOAK_MINUTES'] ?? (full ? 15 : 1));
const seed = Number(process.env['NFTPROXIER_SOAK_SEED'] ?? 1);

describe('row 25: random churn with random faults', () => {
  it(
    'ends with kernel, model and connection tracking in agreement',
    { timeout: (minutes * 60 + 600) * 1_000, retry: 0 },
    async () => {
      const say = (line: string): void => void process.stdout.write(`${line}\n`);
      const report = await soak({
        seconds: minutes * 60,
        seed,
        eventsPerSecond: 50,
        secondsPerFault: minutes < 5 ? 4 : 10,
        say,
      });
      const { samples, faults, events, connections, complaints } = report;
      const memory = trendOf(samples, ({ residentMB }) => residentMB);
      const descriptors = trendOf(samples, (one) => one.descriptors);
      const timers = trendOf(samples, (one) => one.timers);
      const children = trendOf(samples, (one) => one.children);
      say(tableOf(samples));
      say(
        `from the second to the last third of the last process: memory ${memory.middle.toFixed(1)} to ${memory.last.toFixed(1)} MB, descriptors ${String(descriptors.middle)} to ${String(descriptors.last)}, timers ${String(timers.middle)} to ${String(timers.last)}, children ${String(children.middle)} to ${String(children.last)}`,
      );
      const count = Object.values(faults).reduce((sum, times) => sum + times, 0);
      say(
        `${String(events)} events, ${String(count)} faults, ${String(connections.attempted)} connections, ${String(connections.failed)} of them failed while there were no rules`,
      );
      for (const complaint of complaints) say(complaint);
      say(complaints.length === 0 ? 'in agreement' : 'not in agreement');
      reportRow({
        row: 25,
        case: `${String(minutes)} min, 50 events a second, ${String(count)} faults of ${String(Object.keys(faults).length)} kinds`,
        n: events,
        passNumber: 'kernel, model and connection tracking agree; memory, descriptors, timers and children stay',
        measured: `in agreement; memory ${memory.middle.toFixed(0)} to ${memory.last.toFixed(0)} MB, descriptors ${String(descriptors.middle)} to ${String(descriptors.last)}, timers ${String(timers.middle)} to ${String(timers.last)}, children ${String(children.middle)} to ${String(children.last)}`,
        seed,
      });
      expect(complaints).toEqual([]);
      expect(descriptors.last - descriptors.middle).toBeLessThanOrEqual(5);
      expect(timers.last - timers.middle).toBeLessThanOrEqual(5);
      expect(children.last - children.middle).toBeLessThanOrEqual(1);
      // Over a minute the heap has not settled.
      expect(memory.last - memory.middle).toBeLessThanOrEqual(minutes < 10 ? 60 : 10);
    },
  );

  /** Some seconds of churn, in which others delete what no change writes anew. What did not agree. */
  const deletions = async (options: Pick<SoakOptions, 'without'>): Promise<readonly string[]> => {
    const only = Object.fromEntries(Object.entries(faults).filter(([name]) => name === elementAtRest));
    const plan = { seconds: 5, eventsPerSecond: 50, secondsPerFault: 2, faults: only };
    const report = await soak({ seed, say: () => undefined, ...plan, ...options });
    expect(report.faults).toEqual({ [elementAtRest]: 2 });
    return report.complaints;
  };

  it('ends in agreement where only others changed something', { timeout: 600_000, retry: 0 }, async () => {
    expect(await deletions({})).toEqual([]);
  });

  it(
    'ends in agreement where only others changed something: fails without audits',
    { timeout: 600_000, retry: 0 },
    async () => {
      const missing = /^missing: services4 .*10\.96\.200\.2/;
      expect(await deletions({ without: ['audit'] })).toContainEqual(expect.stringMatching(missing));
    },
  );
});
