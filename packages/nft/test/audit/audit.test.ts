import { beforeEach, describe, expect, it } from 'vitest';
import { nodeView, Planner } from '@nftproxier/core';
import { randomEvent, seededRandom, service, slice, smallWorld, tell } from '@nftproxier/core/testing';
import { auditElements, auditTable, mostDiscrepancies } from '../../src/audit/index.js';
import type { Audit } from '../../src/audit/index.js';
import { FakeNft } from '../../src/fake/index.js';
import type { TableState } from '../../src/fake/index.js';
import { createFakeLoadTarget } from '../../src/load/fake-target.js';
import { Loader, prepareTable } from '../../src/load/index.js';
import type { Element, Operation } from '../../src/syntax/index.js';
import { newPlanner } from '../delta/world.js';
import { changesOf } from '../ruleset/planned.js';
import { examples, settings } from '../ruleset/services.js';
import { fakeSource } from './fake-source.js';

const table = 'nftproxier';
const network = { nodePortAddresses: [], serviceCIDRs: [] };
const counting = { ...settings, counters: 'endpoints' } as const;

let kernel: FakeNft;
let planner: Planner;
let loader: Loader;

beforeEach(async () => {
  kernel = new FakeNft();
  planner = new Planner(nodeView('here'));
  planner.setService(service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] }));
  setEndpoints('10.244.1.1', '10.244.1.2', '10.244.1.3');
  planner.takeChanges();
  loader = new Loader(createFakeLoadTarget(kernel));
  await loader.replace({ settings: counting, network, plans: planner.plans.values() });
});

function setEndpoints(...endpoints: readonly string[]): void {
  planner.setEndpointSlice(slice({ service: 'web', ports: [8080], endpoints }));
}

async function desired(): Promise<TableState> {
  const fake = new FakeNft();
  await fake.apply(prepareTable({ settings: counting, network, plans: planner.plans.values() }).transaction);
  return fake.tables.get(table)!;
}

async function auditNow(): Promise<Audit> {
  return auditTable(fakeSource(kernel.tables.get(table)!), await desired());
}

async function meddle(...operations: readonly Operation[]): Promise<void> {
  await kernel.apply({ table, operations });
}

const slot = (index: number, address: string): Element => ({ key: ['10.96.0.80', 80, index], value: [address, 8080] });

describe('an audit', () => {
  it('finds what was loaded in agreement', async () => {
    const { total, elements, sets, chains } = await auditNow();
    const state = await desired();
    const held = [...state.sets.values()].reduce((sum, set) => sum + set.elements.size, 0);
    expect(held).toBeGreaterThan(5);
    expect({ total, elements, sets, chains }).toEqual({
      total: 0,
      elements: held,
      sets: state.sets.size,
      chains: state.chains.size,
    });
  });

  it('finds every kind of Service in agreement, whatever affinity remembers', async () => {
    const changes = changesOf(examples['affinity-load-balancer-local']!);
    const plans = changes.flatMap(({ plan }) => plan ?? []);
    await loader.replace({ settings, network, plans });
    const name = loader.tableName!;
    const fake = new FakeNft();
    await fake.apply(prepareTable({ settings, network, plans }).transaction);
    const clients = [...kernel.tables.get(name)!.sets.keys()].find((set) => set.startsWith('affinity-clients-'))!;
    const elements = [{ key: ['192.0.2.99'], timeoutSeconds: 60 }];
    await kernel.apply({ table: name, operations: [{ op: 'add-elements', set: clients, elements }] });
    const audit = await auditTable(fakeSource(kernel.tables.get(name)!), fake.tables.get(table)!);
    expect(audit).toMatchObject({ total: 0, discrepancies: [] });
  });

  it('takes chains for other numbers of endpoints and other slots for no difference', async () => {
    for (const endpoints of [
      ['10.244.1.2', '10.244.1.3'],
      ['10.244.1.4', '10.244.1.3', '10.244.1.2'],
    ]) {
      setEndpoints(...endpoints);
      await loader.apply(planner.takeChanges());
    }
    const kept = kernel.tables.get(table)!;
    const fresh = await desired();
    const slots = (state: TableState) =>
      [0, 1, 2].map(
        (index) => state.sets.get('endpoints-tcp4')!.elements.get(`10.96.0.80 . 80 . ${String(index)}`)?.value,
      );
    expect(slots(kept)).not.toEqual(slots(fresh));
    expect([...kept.chains.keys()].filter((name) => !fresh.chains.has(name))).toContain('pick-tcp4-2');
    expect(await auditNow()).toMatchObject({ total: 0 });
  });

  it.each([1, 2, 3])('agrees after any history (%i)', async (seed) => {
    const random = seededRandom(seed);
    planner = newPlanner(random, smallWorld);
    planner.takeChanges();
    await loader.replace({ settings: counting, network, plans: planner.plans.values() });
    const name = loader.tableName!;
    for (let step = 0; step < 40; step += 1) {
      tell(planner, randomEvent(random));
      await loader.apply(planner.takeChanges());
      if (step % 7 === 0) await loader.deleteStaleChains();
      const { discrepancies } = await auditTable(fakeSource(kernel.tables.get(name)!), await desired());
      expect(discrepancies).toEqual([]);
    }
  });

  it.each(['source-hash', 'maglev', 'weighted'])(
    'sees two slots exchanged where a hash chooses: %s',
    async (algorithm) => {
      const annotations = { 'nftproxier.io/algorithm': algorithm };
      planner.setService(
        service({ name: 'web', clusterIP: '10.96.0.80', ports: [{ port: 80, nodePort: 30_080 }], annotations }),
      );
      await loader.apply(planner.takeChanges());
      expect(await auditNow()).toMatchObject({ total: 0 });
      for (const [set, ...prefix] of [
        ['endpoints-tcp4', '10.96.0.80', 80],
        ['nodeport-endpoints-tcp4', 30_080],
      ] as const) {
        const { elements } = kernel.tables.get(table)!.sets.get(set)!;
        const held = [...elements.values()].filter(({ key }) => key.slice(0, -1).join() === prefix.join());
        const [one] = held;
        const other = held.find(({ value }) => JSON.stringify(value) !== JSON.stringify(one!.value))!;
        const exchanged = [
          { key: one!.key, value: other.value! },
          { key: other.key, value: one!.value! },
        ];
        await meddle(
          { op: 'delete-elements', set, elements: [one!, other] },
          { op: 'add-elements', set, elements: exchanged },
        );
        const { discrepancies } = await auditNow();
        expect(discrepancies.filter(({ name }) => name === set)).toHaveLength(algorithm === 'weighted' ? 0 : 4);
      }
    },
  );

  it('names an element that is missing', async () => {
    await meddle({ op: 'delete-elements', set: 'services4', elements: [{ key: ['10.96.0.80', 'tcp', 80] }] });
    const { discrepancies } = await auditNow();
    expect(discrepancies).toEqual([
      { kind: 'missing', object: 'map', name: 'services4', element: '10.96.0.80 . tcp . 80 : goto pick-tcp4-3' },
    ]);
  });

  it('names an element that nobody wants', async () => {
    await meddle({ op: 'add-elements', set: 'cluster-ips4', elements: [{ key: ['10.96.0.99'] }] });
    const { discrepancies } = await auditNow();
    expect(discrepancies).toEqual([{ kind: 'unexpected', object: 'set', name: 'cluster-ips4', element: '10.96.0.99' }]);
  });

  it('names chains, sets and rules that are not as they were made', async () => {
    await meddle(
      { op: 'flush-chain', chain: 'firewall' },
      { op: 'add-chain', chain: { name: 'somebody' } },
      { op: 'add-set', set: { name: 'strange', key: { kind: 'payload', protocol: 'ip', field: 'daddr' } } },
    );
    const { discrepancies, total } = await auditNow();
    expect(discrepancies).toEqual([
      { kind: 'missing', object: 'chain', name: 'firewall', detail: '2 rules' },
      { kind: 'unexpected', object: 'chain', name: 'firewall', detail: '0 rules' },
      { kind: 'unexpected', object: 'chain', name: 'somebody' },
      { kind: 'unexpected', object: 'set', name: 'strange' },
    ]);
    expect(total).toBe(4);
  });

  it('keeps the first of many differences, and counts all', async () => {
    const elements = Array.from({ length: 150 }, (_, index) => ({ key: [`10.97.0.${String(index)}`] }));
    await meddle({ op: 'add-elements', set: 'cluster-ips4', elements });
    const { discrepancies, total } = await auditNow();
    expect({ kept: discrepancies.length, total }).toEqual({ kept: mostDiscrepancies, total: 150 });
  });
});

describe('the slots of a frontend', () => {
  const all = [slot(0, '10.244.1.1'), slot(1, '10.244.1.2'), slot(2, '10.244.1.3')];
  const compare = (...elements: readonly Element[]) =>
    auditElements({ name: 'endpoints-tcp4', object: 'map', kernel: elements, desired: all }).map(
      ({ kind, element }) => `${kind} ${element!}`,
    );

  it('may hold their endpoints in any order', () => {
    expect(compare(slot(1, '10.244.1.3'), slot(0, '10.244.1.2'), slot(2, '10.244.1.1'))).toEqual([]);
  });

  it('have no hole', () => {
    expect(compare(slot(0, '10.244.1.1'), slot(1, '10.244.1.2'), slot(3, '10.244.1.3'))).toEqual([
      'missing 10.96.0.80 . 80 . 2 : *',
      'unexpected 10.96.0.80 . 80 . 3 : *',
    ]);
  });

  it('hold each endpoint as often as it is wanted', () => {
    expect(compare(slot(0, '10.244.1.1'), slot(1, '10.244.1.1'), slot(2, '10.244.1.3'))).toEqual([
      'missing 10.96.0.80 . 80 . * : 10.244.1.2 . 8080',
      'unexpected 10.96.0.80 . 80 . * : 10.244.1.1 . 8080',
    ]);
  });

  it('lose slot and endpoint at once', () => {
    expect(compare(slot(0, '10.244.1.1'), slot(2, '10.244.1.3'))).toEqual([
      'missing 10.96.0.80 . 80 . 1 : 10.244.1.2 . 8080',
    ]);
  });
});
