import { describe, expect, it } from 'vitest';
import { nodeView, Planner } from '@nftproxier/core';
import type { ServiceKey } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import { CounterReader, endpointKey } from '../../src/counters/index.js';
import { NftRefusedError } from '../../src/run/index.js';
import type { ListedElement } from '../../src/run/index.js';
import { defaultTableSettings } from '../../src/ruleset/index.js';
import type { Counters } from '../../src/ruleset/index.js';
import { TableModel } from '../../src/table/model.js';

/** A table whose kernel is a list of counts, by `set key`. */
class Scene {
  readonly planner = new Planner(nodeView('here'));
  readonly counts = new Map<string, number>();
  readonly read: string[] = [];
  clock = 0;
  readonly table: { tableName: string | undefined; model: TableModel | undefined } = {
    tableName: 'nftproxier',
    model: undefined,
  };
  failure: Error | undefined;
  readonly reader: CounterReader;
  readonly #counters: Counters;

  constructor(counters: Counters = 'services', most?: number) {
    this.#counters = counters;
    this.replace();
    this.reader = new CounterReader({
      table: this.table,
      listElements: (table, set) => {
        this.read.push(`${table} ${set}`);
        if (this.failure !== undefined) return Promise.reject(this.failure);
        return Promise.resolve(this.#elements(set));
      },
      now: () => this.clock,
      ...(most !== undefined && { most }),
    });
  }

  /** A new table with the services there are. */
  replace(): void {
    const model = new TableModel({ ...defaultTableSettings, counters: this.#counters });
    this.planner.takeChanges();
    model.prepare([...this.planner.plans].map(([key, plan]) => ({ service: key, plan }))).commit();
    this.table.model = model;
    this.counts.clear();
  }

  service(name: string, number: number, endpoints: readonly string[] = ['10.244.0.1']): this {
    this.planner.setService(
      service({ name, clusterIP: `10.96.0.${String(number)}`, ports: [{ port: 80, nodePort: 30_000 + number }] }),
    );
    this.planner.setEndpointSlice(slice({ service: name, ports: [8080], addressType: 'IPv4', endpoints }));
    return this;
  }

  commit(): void {
    this.table.model?.prepare(this.planner.takeChanges()).commit();
  }

  #elements(set: string): ListedElement[] {
    return [...(this.table.model?.counted.get(set) ?? [])].map(([key]) => ({
      key: key.split(' ').map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
      packets: this.counts.get(`${set} ${key}`) ?? 0,
    }));
  }

  /** Packets at the element with this key, in whatever set. */
  count(key: string, packets: number): void {
    const sets = [...(this.table.model?.counted ?? [])].filter(([, elements]) => elements.has(key));
    for (const [set] of sets) this.counts.set(`${set} ${key}`, packets);
    expect(sets).toHaveLength(1);
  }

  get found() {
    return this.reader.services().map(({ service: key, connections }) => [key, connections]);
  }
}

describe('the counters of services', () => {
  it('are the sums of their frontends', async () => {
    const scene = new Scene().service('web', 1).service('api', 2);
    scene.commit();
    scene.count('10.96.0.1 tcp 80', 3);
    scene.count('tcp 30001', 4);
    scene.count('10.96.0.2 tcp 80', 1);
    await scene.reader.readAll();
    expect(scene.found).toEqual([
      ['default/web', 7],
      ['default/api', 1],
    ]);
  });

  it('are read a set at a time, sets without elements not at all', async () => {
    const scene = new Scene().service('web', 1).service('api', 2);
    scene.commit();
    const portions = [await scene.reader.readNext(), await scene.reader.readNext(), await scene.reader.readNext()];
    expect(portions.map((portion) => portion?.isLast)).toEqual([false, false, true]);
    expect(new Set(scene.read)).toEqual(
      new Set([...scene.table.model!.counted.keys()].map((set) => `nftproxier ${set}`)),
    );
    expect((await scene.reader.readNext())?.isLast).toBe(false);
  });

  it('have rates, as of the last reading', async () => {
    const scene = new Scene().service('web', 1);
    scene.commit();
    scene.count('10.96.0.1 tcp 80', 100);
    await scene.reader.readAll();
    expect(scene.reader.services()).toEqual([{ service: 'default/web', connections: 100, perSecond: 0 }]);
    scene.clock = 5_000;
    scene.count('10.96.0.1 tcp 80', 110);
    await scene.reader.readAll();
    expect(scene.reader.services()).toEqual([{ service: 'default/web', connections: 110, perSecond: 2 }]);
  });

  it('never go back: not when a table takes over, nor when somebody else adds an element anew', async () => {
    const scene = new Scene().service('web', 1);
    scene.commit();
    scene.count('10.96.0.1 tcp 80', 100);
    await scene.reader.readAll();
    scene.replace();
    await scene.reader.readAll();
    expect(scene.found).toEqual([['default/web', 100]]);
    scene.count('10.96.0.1 tcp 80', 150);
    await scene.reader.readAll();
    expect(scene.found).toEqual([['default/web', 250]]);
    scene.count('10.96.0.1 tcp 80', 20);
    await scene.reader.readAll();
    expect(scene.found).toEqual([['default/web', 270]]);
  });

  it('are kept while a table takes over in the middle of a round', async () => {
    const scene = new Scene().service('web', 1).service('api', 2).service('dns', 3);
    scene.commit();
    for (const number of [1, 2, 3]) scene.count(`10.96.0.${String(number)} tcp 80`, 10);
    await scene.reader.readAll();
    while ((await scene.reader.readNext())?.isLast === false) if (scene.read.length % 2 === 0) scene.replace();
    await scene.reader.readAll();
    expect(scene.found).toEqual([
      ['default/api', 10],
      ['default/dns', 10],
      ['default/web', 10],
    ]);
  });

  it('are looked up by name', async () => {
    const scene = new Scene('endpoints').service('web', 1);
    scene.commit();
    scene.count('10.96.0.1 tcp 80', 3);
    scene.count('10.244.0.1 tcp 8080', 2);
    await scene.reader.readAll();
    const { byService, byEndpoint } = scene.reader;
    expect(byService.get('default/web' as ServiceKey)).toMatchObject({ service: 'default/web', connections: 3 });
    const key = endpointKey({ address: '10.244.0.1', port: 8080, protocol: 'tcp' });
    expect(byEndpoint.get(key)).toMatchObject({ address: '10.244.0.1', connections: 2 });
  });

  it('go on while the endpoints change: the element that counts stays', async () => {
    const scene = new Scene().service('web', 1);
    scene.commit();
    scene.count('10.96.0.1 tcp 80', 5);
    await scene.reader.readAll();
    const element = [...scene.table.model!.counted.values()].flatMap((elements) => [...elements.values()]);
    scene.service('web', 1, ['10.244.0.2', '10.244.0.3']);
    scene.commit();
    expect([...scene.table.model!.counted.values()].flatMap((elements) => [...elements.values()])).toEqual(element);
    scene.count('10.96.0.1 tcp 80', 6);
    await scene.reader.readAll();
    expect(scene.found).toEqual([['default/web', 6]]);
  });

  it('belong to the Service that has the address now', async () => {
    const scene = new Scene().service('web', 1);
    scene.commit();
    scene.count('10.96.0.1 tcp 80', 5);
    await scene.reader.readAll();
    scene.planner.deleteService({ metadata: { namespace: 'default', name: 'web' } });
    scene.service('api', 1);
    scene.commit();
    scene.count('10.96.0.1 tcp 80', 2);
    await scene.reader.readAll();
    expect(scene.found).toEqual([['default/api', 2]]);
  });

  it('name a bounded number for monitoring, and count the others together', async () => {
    const scene = new Scene('services', 2).service('a', 1).service('b', 2).service('c', 3);
    scene.commit();
    for (const [number, count] of [10, 20, 30].entries()) scene.count(`10.96.0.${String(number + 1)} tcp 80`, count);
    await scene.reader.readAll();
    for (const [number, count] of [11, 22, 33].entries()) scene.count(`10.96.0.${String(number + 1)} tcp 80`, count);
    await scene.reader.readAll();
    const { counts, rest, total } = scene.reader.named.services;
    expect([...counts.keys()].sort()).toEqual(['default/b', 'default/c']);
    expect(total).toBe(66);
    expect(rest).toBeGreaterThan(0);
  });
});

describe('the counters of endpoints', () => {
  it('are there when asked for, once for an endpoint of several services', async () => {
    const scene = new Scene('endpoints').service('web', 1).service('api', 2);
    scene.commit();
    scene.count('10.244.0.1 tcp 8080', 9);
    await scene.reader.readAll();
    expect(scene.reader.endpoints()).toEqual([
      { address: '10.244.0.1', port: 8080, protocol: 'tcp', connections: 9, perSecond: 0 },
    ]);
    scene.replace();
    scene.count('10.244.0.1 tcp 8080', 1);
    await scene.reader.readAll();
    expect(scene.reader.endpoints()).toMatchObject([{ connections: 10 }]);
    expect(Object.fromEntries(scene.reader.named.endpoints.counts)).toEqual({ '10.244.0.1 8080 tcp': 10 });
  });

  it('are not there otherwise', async () => {
    const scene = new Scene('services').service('web', 1);
    scene.commit();
    await scene.reader.readAll();
    expect(scene.reader.endpoints()).toEqual([]);
  });
});

describe('a reading', () => {
  it('reads nothing while counters are off, or before there is a table', async () => {
    const scene = new Scene('off').service('web', 1);
    scene.commit();
    expect(await scene.reader.readNext()).toBeUndefined();
    Object.assign(scene.table, { tableName: undefined, model: undefined });
    expect(await scene.reader.readNext()).toBeUndefined();
    expect([scene.read, scene.reader.services(), scene.reader.endpoints()]).toEqual([[], [], []]);
  });

  it('passes over a table that goes meanwhile, and rejects with anything else', async () => {
    const scene = new Scene().service('web', 1);
    scene.commit();
    scene.failure = new NftRefusedError([{ message: 'No such file or directory', reason: 'not-found' }] as never);
    expect(await scene.reader.readNext()).toBeUndefined();
    scene.failure = new Error('killed');
    await expect(scene.reader.readNext()).rejects.toThrow('killed');
  });

  it('does not mistake an element that came back meanwhile for the one that went', async () => {
    const scene = new Scene().service('web', 1);
    scene.commit();
    scene.count('10.96.0.1 tcp 80', 50);
    const reading = scene.reader.readAll();
    scene.planner.deleteService({ metadata: { namespace: 'default', name: 'web' } });
    scene.commit();
    scene.service('web', 1);
    scene.commit();
    await reading;
    scene.count('10.96.0.1 tcp 80', 50);
    await scene.reader.readAll();
    expect(scene.found).toEqual([['default/web', 50]]);
  });
});
