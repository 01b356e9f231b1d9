import { describe, expect, it } from 'vitest';
import { nodeView, parseAddress, Planner } from '@nftproxier/core';
import type { Address, ServiceKey } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import type { ServiceFields } from '@nftproxier/core/testing';
import type { Operation } from '../../src/syntax/index.js';
import { TableModel } from '../../src/table/model.js';
import { settings } from '../ruleset/services.js';

const key = (name: string): ServiceKey => `default/${name}` as ServiceKey;

/** A planner and the model of a table that follows it. */
class World {
  readonly planner = new Planner(nodeView('here'));
  readonly model = new TableModel(settings);

  set(fields: ServiceFields, ...addresses: readonly string[]): void {
    this.planner.setService(service(fields));
    const endpoints = addresses.map((address) => ({ address, nodeName: 'here' }));
    this.planner.setEndpointSlice(slice({ service: fields.name, addressType: 'IPv4', ports: [8080], endpoints }));
  }

  change(): readonly Operation[] {
    const { operations, commit } = this.model.prepare(this.planner.takeChanges());
    commit();
    return operations;
  }

  /** Elements of a set that a change adds and deletes. */
  changesOf(set: string): { add: string[]; remove: string[] } {
    const operations = this.change();
    const keys = (op: Operation['op']): string[] =>
      operations.flatMap((operation) =>
        operation.op === op && 'elements' in operation && operation.set === set
          ? operation.elements.map((element) => element.key.join(' '))
          : [],
      );
    return { add: keys('add-elements'), remove: keys('delete-elements') };
  }
}

const a = { name: 'a', clusterIP: '10.96.0.1', ports: [80] } satisfies ServiceFields;
const b = { name: 'b', clusterIP: '10.96.0.2', ports: [80] } satisfies ServiceFields;
const sticky = { sessionAffinity: 'ClientIP' } satisfies Partial<ServiceFields>;

describe('elements that several services need', () => {
  const hairpin = '10.244.0.1 10.244.0.1 tcp 8080';

  it('come with the first and go with the last', () => {
    const world = new World();
    world.set(a, '10.244.0.1');
    expect(world.changesOf('hairpin4')).toEqual({ add: [hairpin], remove: [] });
    world.set(b, '10.244.0.1');
    expect(world.changesOf('hairpin4')).toEqual({ add: [], remove: [] });
    world.planner.deleteService(service(a));
    expect(world.changesOf('hairpin4')).toEqual({ add: [], remove: [] });
    world.set(b, '10.244.0.2');
    expect(world.changesOf('hairpin4')).toEqual({ add: ['10.244.0.2 10.244.0.2 tcp 8080'], remove: [hairpin] });
  });

  it('stay where one takes over from another in one change', () => {
    const world = new World();
    world.set(a, '10.244.0.1');
    world.change();
    world.planner.deleteService(service(a));
    world.set(b, '10.244.0.1');
    expect(world.changesOf('hairpin4')).toEqual({ add: [], remove: [] });
  });

  it('come once where two need them in one change', () => {
    const world = new World();
    world.set(a, '10.244.0.1');
    world.set(b, '10.244.0.1');
    expect(world.changesOf('hairpin4')).toEqual({ add: [hairpin], remove: [] });
    world.planner.replaceServices([]);
    expect(world.changesOf('hairpin4')).toEqual({ add: [], remove: [hairpin] });
  });

  it('are cluster IPs too: two Services at one address, a Service of several ports', () => {
    const world = new World();
    world.set({ ...a, ports: [1, 2, 3].map((port) => ({ name: `p${String(port)}`, port })) });
    expect(world.changesOf('cluster-ips4')).toEqual({ add: ['10.96.0.1'], remove: [] });
    world.set({ ...b, clusterIP: '10.96.0.1', ports: [4] });
    expect(world.changesOf('cluster-ips4')).toEqual({ add: [], remove: [] });
    world.planner.deleteService(service(a));
    expect(world.changesOf('cluster-ips4')).toEqual({ add: [], remove: [] });
    world.planner.deleteService(service(b));
    expect(world.changesOf('cluster-ips4')).toEqual({ add: [], remove: ['10.96.0.1'] });
  });
});

describe('elements that only one service can have', () => {
  it('go from one to another in one transaction, deleted before they are added', () => {
    const world = new World();
    world.set({ ...a, externalIPs: ['192.0.2.1'] }, '10.244.0.1');
    world.set({ ...b, externalIPs: ['192.0.2.1'] }, '10.244.0.2');
    world.change();
    world.planner.deleteService(service(a));
    const operations = world.change();
    const steps = operations.flatMap((operation) =>
      'elements' in operation && operation.elements.some(({ key: [first] }) => first === '192.0.2.1')
        ? [`${operation.op} ${operation.set} ${operation.owner ?? ''}`]
        : [],
    );
    expect(steps).toEqual([
      'delete-elements services4 default/a',
      'delete-elements endpoints-tcp4 default/a',
      'add-elements services4 default/b',
      'add-elements endpoints-tcp4 default/b',
    ]);
  });
});

describe('shared chains', () => {
  const added = (operations: readonly Operation[]): string[] =>
    operations.flatMap((operation) => (operation.op === 'add-chain' ? [operation.chain.name] : []));

  it('are made when first needed, those they lead to first, and kept', () => {
    const world = new World();
    world.set(a, '10.244.0.1', '10.244.0.2', '10.244.0.3');
    expect(added(world.change())).toEqual(['pick-tcp4-1', 'pick-tcp4-3']);
    world.set(b, '10.244.0.1', '10.244.0.2', '10.244.0.3');
    expect(added(world.change())).toEqual([]);
    world.planner.replaceServices([]);
    world.change();
    world.set(a, '10.244.0.1', '10.244.0.2');
    expect(added(world.change())).toEqual(['pick-tcp4-2']);
    expect(world.model.counts.sharedChains).toBe(3);
  });

  it('are made again if the change that needed them was not committed', () => {
    const world = new World();
    world.set(a, '10.244.0.1');
    const changes = world.planner.takeChanges();
    expect(added(world.model.prepare(changes).operations)).toEqual(['pick-tcp4-1']);
    expect(added(world.model.prepare(changes).operations)).toEqual(['pick-tcp4-1']);
  });
});

describe('chains of one service', () => {
  it('are emptied with the change, and deleted later', () => {
    const world = new World();
    world.set({ ...a, ...sticky }, '10.244.0.1');
    world.change();
    expect([...world.model.clientSets()]).toEqual(['affinity-clients-default/a/tcp4__10.244.0.1/8080']);
    world.set(a, '10.244.0.1');
    const operations = world.change();
    expect(operations.filter(({ op }) => op === 'flush-chain')).toHaveLength(2);
    expect(operations.at(-1)).toMatchObject({
      op: 'delete-set',
      set: 'affinity-clients-default/a/tcp4__10.244.0.1/8080',
    });
    expect([...world.model.clientSets()]).toEqual([]);
    expect(world.model.hasStaleChains).toBe(true);
    const cleanup = world.model.prepareCleanup();
    expect(cleanup.operations.map(({ op }) => op)).toEqual(['delete-chain', 'delete-chain']);
    expect(world.model.hasStaleChains).toBe(true);
    cleanup.commit();
    expect(world.model.hasStaleChains).toBe(false);
    expect(world.model.prepareCleanup().operations).toEqual([]);
  });

  it('are not deleted if they are needed again before that', () => {
    const world = new World();
    world.set({ ...a, ...sticky }, '10.244.0.1');
    world.change();
    world.set(a, '10.244.0.1');
    world.change();
    world.set({ ...a, ...sticky }, '10.244.0.1');
    expect(world.change().filter(({ op }) => op === 'add-chain')).toHaveLength(2);
    expect(world.model.hasStaleChains).toBe(false);
  });

  it('keep their clients when the timeout changes', () => {
    const world = new World();
    world.set({ ...a, ...sticky }, '10.244.0.1', '10.244.0.2');
    world.change();
    world.set(
      { ...a, ...sticky, sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } },
      '10.244.0.1',
      '10.244.0.2',
    );
    const kinds = world.change().map(({ op }) => op);
    expect(kinds).toEqual(['flush-chain', 'flush-chain', 'add-rule', 'add-rule', 'add-rule', 'add-rule']);
  });

  it('of an endpoint that goes take its clients with them, and no others', () => {
    const world = new World();
    world.set({ ...a, ...sticky }, '10.244.0.1', '10.244.0.2');
    world.change();
    world.set({ ...a, ...sticky }, '10.244.0.2');
    const operations = world.change();
    expect(operations.flatMap((operation) => (operation.op === 'delete-set' ? [operation.set] : []))).toEqual([
      'affinity-clients-default/a/tcp4__10.244.0.1/8080',
    ]);
    expect(operations.flatMap((operation) => (operation.op === 'flush-chain' ? [operation.chain] : []))).toEqual([
      'affinity-default/a/tcp4',
      'endpoint-default/a/tcp4__10.244.0.1/8080',
    ]);
  });
});

describe('what the table holds', () => {
  it('is counted and can be asked for', () => {
    const world = new World();
    world.set(a, '10.244.0.1', '10.244.0.2');
    world.set({ ...b, internalTrafficPolicy: 'Local' }, '10.244.0.3');
    world.change();
    expect(world.model.counts).toEqual({ services: 2, servicePorts: 2, slots: 3, sharedChains: 3 });
    expect([...world.model.services()]).toEqual([key('a'), key('b')]);
    expect(world.model.planOf(key('a'))).toBe(world.planner.plans.get(key('a')));
    expect(world.model.slotsOf(key('a'))[0]?.cluster.map(({ address }) => address)).toEqual([
      '10.244.0.1',
      '10.244.0.2',
    ]);
    expect(world.model.slotsOf(key('none'))).toEqual([]);
    world.planner.deleteService(service(a));
    world.change();
    expect(world.model.counts).toMatchObject({ services: 1, slots: 1 });
    expect(world.model.planOf(key('a'))).toBeUndefined();
  });

  it('has slots that stay while endpoints stay', () => {
    const world = new World();
    const slots = (): string[] => world.model.slotsOf(key('a'))[0]!.cluster.map(({ address }) => address);
    world.set(a, '10.244.0.1', '10.244.0.2', '10.244.0.3');
    world.change();
    world.set(a, '10.244.0.2', '10.244.0.3');
    world.change();
    expect(slots()).toEqual(['10.244.0.3', '10.244.0.2']);
    world.set(a, '10.244.0.1', '10.244.0.2', '10.244.0.3');
    world.change();
    expect(slots()).toEqual(['10.244.0.3', '10.244.0.2', '10.244.0.1']);
  });

  it('forgets the slots of a port that is renamed', () => {
    const world = new World();
    world.set(a, '10.244.0.1');
    world.change();
    world.set({ ...a, ports: [{ name: 'http', port: 80 }] }, '10.244.0.1');
    const { add, remove } = world.changesOf('endpoints-tcp4');
    expect({ add, remove }).toEqual({ add: [], remove: ['10.96.0.1 80 0'] });
  });

  it('is of node and cluster too', () => {
    const { model } = new World();
    const network = { nodePortAddresses: [parseAddress('192.0.2.7') as Address], serviceCIDRs: [] };
    const { operations, commit } = model.prepareNetwork(network);
    expect(operations).toHaveLength(1);
    expect(model.network.nodePortAddresses).toEqual([]);
    commit();
    expect(model.network).toBe(network);
    expect(model.prepareNetwork(network).operations).toEqual([]);
  });
});
