import { nodeView } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createFlowCleaning } from '../../src/observe/conntrack.js';
import type { FlowCleaning } from '../../src/observe/conntrack.js';
import type { SyncOutcome } from '../../src/sync/proxy.js';
import type { SyncReport } from '../../src/sync/syncer.js';
import { ClusterState } from '../../src/sync/cluster.js';
import { Turns } from '../../src/sync/turns.js';
import { idleMetrics } from '../metrics/idle.js';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A cluster with so many Services of UDP, and no flows. */
function scene(services: number, { isWanted = true } = {}) {
  const cluster = new ClusterState(nodeView('node-a'));
  const ports = [{ name: 'dns', protocol: 'UDP', port: 53 }];
  for (let index = 1; index <= services; index += 1) {
    const name = `s${String(index)}`;
    cluster.planner.setService(service({ name, clusterIP: `10.96.0.${String(index)}`, ports }));
    cluster.planner.setEndpointSlice(slice({ service: name, ports, endpoints: ['10.244.0.1'] }));
  }
  cluster.planner.takeChanges();
  const told = { pauses: 0, listings: 0 };
  const turns = new Turns();
  const metrics = idleMetrics();
  const flows: FlowCleaning = createFlowCleaning({
    isWanted: () => isWanted,
    conntrack: {
      list: () => Promise.resolve(void (told.listings += 1)),
      load: () => Promise.resolve(0),
      version: () => Promise.resolve('conntrack v1.4.7 (conntrack-tools)'),
    },
    metrics,
    log: pino({ level: 'silent' }),
    localAddresses: () => [],
    pause: async () => {
      told.pauses += 1;
      await new Promise((resolve) => setImmediate(resolve));
      expect(told.listings).toBe(0);
    },
    proxy: () => ({
      cluster,
      between: (work) => turns.take(work),
      get wishes(): never {
        throw new Error('there is no flow to a node port');
      },
    }),
  });
  ends.push(metrics.stop, () => flows.stop());
  return { flows, told, turns };
}

const synced = (report: Partial<SyncReport>): SyncOutcome => ({
  ok: true,
  milliseconds: 1,
  report: {
    kind: 'change',
    changes: [],
    applied: { transactions: 1, operations: 1, elements: 1, refused: [] },
    interrupted: false,
    network: false,
    phases: { plan: 1, write: 1 },
    ...report,
  },
});

describe('flows of all Services', () => {
  it.each(['interrupted', 'addressesChanged'] as const)('%s: in turns, and no sync meanwhile', async (what) => {
    const { flows, told, turns } = scene(40);
    flows[what]();
    expect(told.pauses).toBe(0);
    // What asks for a turn afterwards has it when all Services have been seen to.
    await turns.take(() => {
      expect(told.pauses).toBe(40);
      return Promise.resolve();
    });
    await expect.poll(() => told.listings).toBeGreaterThan(0);
  });

  it.each([{ interrupted: true }, { kind: 'replace' }, { network: true }] as const)(
    'after a sync with %o: in turns, as part of it',
    async (report) => {
      const { flows, told } = scene(40);
      await flows.observer.synced?.(synced(report));
      expect(told.pauses).toBe(40);
      await expect.poll(() => told.listings).toBeGreaterThan(0);
    },
  );

  it('are not looked at where nobody wants it', async () => {
    const { flows, told, turns } = scene(3, { isWanted: false });
    flows.interrupted();
    flows.addressesChanged();
    await flows.observer.synced?.(synced({ interrupted: true }));
    await turns.take(() => Promise.resolve());
    expect(told).toMatchObject({ pauses: 0, listings: 0 });
  });
});
