import type { AuditScope, Discrepancy, DriftReport } from '@nftproxier/nft';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { EventFacts } from '../../src/events/index.js';
import { DriftAudits } from '../../src/guard/drift.js';
import type { Metrics } from '../../src/metrics/index.js';
import { Turns } from '../../src/sync/turns.js';
import { parseExposition } from '../metrics/exposition.js';
import { idleMetrics } from '../metrics/idle.js';

const agreed: DriftReport = { result: 'agreed', discrepancies: [], total: 0, elements: 7, wasIncomplete: false };
const missing: Discrepancy = { kind: 'missing', object: 'map', name: 'services4', element: '10.96.0.1 . tcp . 80 : x' };

const made: { readonly metrics: Metrics; readonly audits: DriftAudits }[] = [];
afterEach(async () => {
  for (const { metrics, audits } of made.splice(0)) {
    await audits.stop();
    metrics.stop();
  }
});

/** Audits that end as told, on a clock that is moved by hand. */
function scene(period = 60_000) {
  const waiting: { readonly delay: number; readonly callback: () => void }[] = [];
  const lines: { readonly msg: string }[] = [];
  const emitted: EventFacts[] = [];
  const scopes: (AuditScope | undefined)[] = [];
  const calls = { interrupted: 0, attended: 0, steps: 0 };
  const metrics = idleMetrics();
  const state = { now: 0, period, takes: 10, outcome: agreed as DriftReport | Error, random: 0, loadMs: 0 };
  const turns = new Turns();
  const audits = new DriftAudits({
    auditor: (alone) => ({
      async audit(scope) {
        scopes.push(scope);
        await alone(() => Promise.resolve((calls.steps += 1)));
        state.now += state.takes;
        if (state.outcome instanceof Error) throw state.outcome;
        return state.outcome;
      },
    }),
    nodeName: 'node-a',
    log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line) as { msg: string }) }),
    metrics,
    events: { emit: (facts) => void emitted.push(facts) },
    clock: {
      now: () => state.now,
      after(delay, callback) {
        const timer = { delay, callback };
        waiting.push(timer);
        return () => void waiting.splice(waiting.indexOf(timer), 1);
      },
    },
    random: () => state.random,
    period: () => state.period,
    between: (step) => turns.take(step),
    interrupted: () => (calls.interrupted += 1),
    attend: () => (calls.attended += 1),
    loadMs: () => state.loadMs,
  });
  made.push({ metrics, audits });
  const next = async (): Promise<void> => {
    waiting.shift()?.callback();
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  const counted = async (name: string): Promise<Record<string, number>> => {
    const samples = parseExposition(await metrics.page.render()).get(name)?.samples ?? [];
    return Object.fromEntries(
      samples.filter(({ value }) => value > 0).map(({ labels, value }) => [Object.values(labels).join(), value]),
    );
  };
  return { audits, state, waiting, lines, emitted, calls, scopes, turns, next, counted };
}

describe('audits', () => {
  it('begin again and again, 70% to 90% of the period after each other', async () => {
    const { audits, state, waiting, next, counted, lines, emitted } = scene();
    audits.start();
    expect(waiting.map(({ delay }) => delay)).toEqual([42_000]);
    state.random = 1;
    await next();
    expect(waiting.map(({ delay }) => delay)).toEqual([54_000]);
    await next();
    expect(await counted('nftproxier_audits_total')).toEqual({ agreed: 2 });
    expect([lines, emitted]).toEqual([[], []]);
  });

  it('take a tenth of the time at most', async () => {
    const { audits, state, waiting, next } = scene();
    state.takes = 8_000;
    audits.start();
    await next();
    expect(waiting.map(({ delay }) => delay)).toEqual([80_000]);
  });

  it('are switched off by a period of 0, and on again', async () => {
    const { audits, state, waiting, next, counted, calls } = scene(0);
    audits.start();
    await next();
    expect([calls.steps, waiting.length]).toEqual([0, 1]);
    state.period = 1_000;
    await next();
    await next();
    expect(await counted('nftproxier_audits_total')).toEqual({ agreed: 1 });
  });

  it('are left out where they are due and not wanted any more, and looked at again soon', async () => {
    const { audits, state, waiting, next, counted, calls } = scene();
    audits.start();
    state.period = 0;
    await next();
    expect([calls.steps, waiting.map(({ delay }) => delay)]).toEqual([0, [10_000]]);
    state.period = 60_000;
    await next();
    await next();
    expect(await counted('nftproxier_audits_total')).toEqual({ agreed: 1 });
  });

  it('tell what differed, and have flows deleted that nobody translated', async () => {
    const { audits, state, next, counted, calls, lines, emitted } = scene();
    const total = 7;
    const discrepancies = Array.from({ length: total }, () => missing);
    state.outcome = { ...agreed, result: 'repaired', total, discrepancies, wasIncomplete: true };
    audits.start();
    await next();
    expect(calls).toMatchObject({ interrupted: 1, attended: 0 });
    expect(await counted('nftproxier_audits_total')).toEqual({ repaired: 1 });
    expect(await counted('nftproxier_drift_repairs_total')).toEqual({ elements: 1 });
    expect(lines).toMatchObject([{ total: 7, msg: 'another program changed the rules; put right' }]);
    expect(emitted).toMatchObject([{ reason: 'RulesRestored', type: 'Warning', regarding: { name: 'node-a' } }]);
    expect(emitted[0]?.note).toMatch(/missing map services4, 10\.96\.0\.1 .* and 2 more; put right$/);
  });

  it('delete no flows where something was added', async () => {
    const { audits, state, next, calls } = scene();
    state.outcome = { ...agreed, result: 'repaired', total: 1, discrepancies: [{ ...missing, kind: 'unexpected' }] };
    audits.start();
    await next();
    expect(calls).toMatchObject({ interrupted: 0, attended: 0 });
  });

  it('ask for a sync where the table is damaged or gone', async () => {
    const { audits, state, next, counted, calls, lines } = scene();
    const chain = { kind: 'missing', object: 'chain', name: 'services' } as const;
    state.outcome = { ...agreed, result: 'damaged', total: 1, discrepancies: [chain], wasIncomplete: true };
    audits.start();
    await next();
    state.outcome = { ...agreed, result: 'damaged' };
    await next();
    expect(calls).toMatchObject({ interrupted: 0, attended: 2 });
    expect(await counted('nftproxier_drift_repairs_total')).toEqual({ structure: 1, 'table-lost': 1 });
    expect(lines).toMatchObject([{ differences: ['missing chain services'] }, { differences: ['the table is gone'] }]);
  });

  it('look at what somebody changed together, and say who it was', async () => {
    const { audits, state, waiting, next, scopes, lines, emitted } = scene(0);
    state.outcome = { ...agreed, result: 'repaired', total: 1, discrepancies: [missing] };
    const key = Uint8Array.of(1);
    audits.suspect({ structure: false, elements: new Map([['s', [key]]]) }, 'firewalld');
    audits.suspect({ structure: true, elements: new Map() });
    expect(waiting.map(({ delay }) => delay)).toEqual([50]);
    audits.start();
    await next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(scopes).toEqual([{ structure: true, elements: new Map([['s', [key]]]) }]);
    expect(lines).toMatchObject([{ by: 'firewalld', total: 1 }]);
    expect(emitted[0]?.note).toMatch(/^Another program \(firewalld\) changed the rules: missing map/);
  });

  it('take a tenth of the time at most where somebody goes on and on, and look at once now and then', async () => {
    const { audits, state, waiting, scopes } = scene(0);
    state.takes = 400;
    const delays: number[] = [];
    const changed = async (): Promise<void> => {
      audits.suspect('everything');
      const [timer] = waiting.splice(0);
      delays.push(timer?.delay ?? 0);
      state.now += timer?.delay ?? 0;
      timer?.callback();
      const before = scopes.length;
      while (scopes.length === before) await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    };
    for (let time = 0; time < 20; time += 1) await changed();
    // 10 s of pauses may be owed: those after two audits, and some.
    expect(delays.slice(0, 3)).toEqual([50, 50, 50]);
    expect(delays.slice(3)).toEqual([1_100, ...Array.from({ length: 16 }, () => 3_600)]);
    state.now += 60_000;
    await changed();
    expect(delays.at(-1)).toBe(50);
  });

  it('count loading the table as part of what they take', async () => {
    const { audits, state, waiting, scopes } = scene(0);
    Object.assign(state, { loadMs: 3_000, outcome: { ...agreed, result: 'damaged' } });
    for (let time = 0; time < 2; time += 1) {
      audits.suspect('everything');
      const [timer] = waiting.splice(0);
      expect(timer?.delay).toBe(time === 0 ? 50 : 20_100);
      timer?.callback();
      while (scopes.length === time) await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it('collect what is changed while they look', async () => {
    const { audits, waiting, turns, scopes } = scene(0);
    let end: () => void = () => undefined;
    const sync = turns.take(() => new Promise<void>((resolve) => (end = resolve)));
    audits.suspect({ structure: true, elements: new Map() });
    waiting.shift()?.callback();
    await new Promise((resolve) => setImmediate(resolve));
    audits.suspect('everything');
    expect(waiting).toEqual([]);
    end();
    await sync;
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    waiting.shift()?.callback();
    while (scopes.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(scopes.at(-1)).toBe('everything');
  });

  it('go on where nft fails, which is told once', async () => {
    const { audits, state, next, counted, lines } = scene();
    state.outcome = new Error('nft is broken');
    audits.start();
    await next();
    await next();
    state.outcome = agreed;
    await next();
    expect(await counted('nftproxier_audits_total')).toEqual({ failed: 2, agreed: 1 });
    expect(lines).toHaveLength(1);
  });

  it('wait for their turn with every step, and end with the one under way', async () => {
    const { audits, waiting, turns, calls, counted } = scene();
    let end: () => void = () => undefined;
    const sync = turns.take(() => new Promise<void>((resolve) => (end = resolve)));
    audits.start();
    waiting.shift()?.callback();
    await new Promise((resolve) => setImmediate(resolve));
    const stopped = audits.stop();
    end();
    await Promise.all([sync, stopped]);
    expect(calls.steps).toBe(0);
    expect(waiting).toEqual([]);
    expect(await counted('nftproxier_audits_total')).toEqual({});
  });
});
