import { afterEach, describe, expect, it } from 'vitest';
import { CounterReader, defaultTableSettings, TableModel } from '@nftproxier/nft';
import type { ListedElement } from '@nftproxier/nft';
import { nodeView, Planner } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import { pino } from 'pino';
import type { Metrics } from '../../src/metrics/index.js';
import { pollCounters } from '../../src/observe/counters.js';
import { parseExposition } from '../metrics/exposition.js';
import { idleMetrics } from '../metrics/idle.js';

/** Services web and api, each with one frontend, whose kernel counts as told. */
function scene(most: number) {
  const planner = new Planner(nodeView('here'));
  for (const [index, name] of ['web', 'api'].entries()) {
    planner.setService(service({ name, namespace: 'shop', clusterIP: `10.96.0.${String(index + 1)}`, ports: [80] }));
    planner.setEndpointSlice(
      slice({ namespace: 'shop', service: name, ports: [8080], endpoints: [`10.244.0.${String(index + 1)}`] }),
    );
  }
  const model = new TableModel({ ...defaultTableSettings, counters: 'endpoints' });
  model.prepare(planner.takeChanges()).commit();
  const packets = new Map<string, number>();
  let failure: Error | undefined;
  const listElements = (_: string, set: string): Promise<readonly ListedElement[]> =>
    failure === undefined
      ? Promise.resolve(
          [...(model.counted.get(set) ?? [])].map(([key]) => ({
            key: key.split(' ').map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
            packets: packets.get(key) ?? 0,
          })),
        )
      : Promise.reject(failure);
  const reader = new CounterReader({ table: { tableName: 't', model }, listElements, now: () => 0, most });
  const waiting: { readonly delay: number; readonly callback: () => void }[] = [];
  const clock = {
    now: () => 0,
    after: (delay: number, callback: () => void) => {
      waiting.push({ delay, callback });
      return () => void waiting.pop();
    },
  };
  const metrics = idleMetrics();
  made.push(metrics);
  const parts = () => model.counted.size;
  const stop = pollCounters({ reader, metrics, clock, period: 1_000, parts, log: pino({ level: 'silent' }) });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    waiting,
    packets,
    stop,
    parts,
    fail: (error: Error | undefined) => {
      failure = error;
    },
    /** Reads every part once. */
    async round(): Promise<void> {
      for (let part = 0; part < parts(); part += 1) {
        waiting.shift()?.callback();
        await settle();
      }
    },
    async series(): Promise<Record<string, number>> {
      const families = parseExposition(await metrics.page.render());
      return Object.fromEntries(
        [...families.values()].flatMap((family) =>
          family.samples
            .filter(({ name }) => name.includes('connections') || name.includes('readings'))
            .map(({ name, labels, value }) => [[name, ...Object.values(labels)].join(' '), value]),
        ),
      );
    },
  };
}

const made: Metrics[] = [];
afterEach(() => {
  for (const metrics of made.splice(0)) metrics.stop();
});

describe('the metrics of new connections', () => {
  it('name Services and endpoints, and never go back', async () => {
    const { packets, round, series, stop } = scene(100);
    packets.set('10.96.0.1 tcp 80', 5).set('10.244.0.1 tcp 8080', 4);
    await round();
    packets.set('10.96.0.1 tcp 80', 7);
    await round();
    expect(await series()).toMatchObject({
      nftproxier_new_connections_total: 7,
      'nftproxier_service_new_connections_total shop web': 7,
      'nftproxier_service_new_connections_total shop api': 0,
      'nftproxier_endpoint_new_connections_total 10.244.0.1 8080 tcp': 4,
      nftproxier_other_services_new_connections_total: 0,
    });
    await stop();
  });

  it('are bounded: the others are counted together', async () => {
    const { packets, round, series, stop } = scene(1);
    packets.set('10.96.0.1 tcp 80', 5).set('10.96.0.2 tcp 80', 50);
    await round();
    packets.set('10.96.0.1 tcp 80', 6).set('10.96.0.2 tcp 80', 60);
    await round();
    const found = await series();
    const named = Object.keys(found).filter((name) => name.startsWith('nftproxier_service_new'));
    expect(named).toEqual(['nftproxier_service_new_connections_total shop api']);
    expect(found['nftproxier_new_connections_total']).toBe(66);
    expect(found['nftproxier_other_services_new_connections_total']).toBeGreaterThan(0);
    await stop();
  });
});

describe('the reading', () => {
  it('takes the period for all parts, and goes on after a failure', async () => {
    const { waiting, parts, round, fail, series, stop } = scene(100);
    expect(waiting.map(({ delay }) => delay)).toEqual([1_000 / parts()]);
    fail(new Error('nft was killed'));
    await round();
    fail(undefined);
    await round();
    expect(await series()).toMatchObject({
      'nftproxier_counter_readings_total failure': parts(),
      'nftproxier_counter_readings_total success': parts(),
    });
    await stop();
    expect(waiting).toEqual([]);
  });
});
