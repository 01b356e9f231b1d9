import { describe, expect, it, test } from 'vitest';
import { nodeView, Planner } from '@nftproxier/core';
import type { Service } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import type { ServiceFields, SliceFields } from '@nftproxier/core/testing';
import { TableModel } from '../../src/table/model.js';
import { renderTransaction } from '../../src/render/index.js';
import type { Operation } from '../../src/syntax/index.js';
import { settings } from '../ruleset/services.js';

/** A node with Services `s0`, `s1`, … whose endpoints are all here; every shared chain that tests need is there. */
class Cluster {
  readonly #planner = new Planner(nodeView('here'));
  readonly #model = new TableModel(settings);

  constructor(services: number) {
    for (let index = 0; index < services; index += 1) {
      this.set(cluster(index), { endpoints: endpoints(index, 1 + (index % 4)) });
    }
    this.change();
  }

  set(object: Service, fields?: Pick<SliceFields, 'endpoints'>): void {
    this.#planner.setService(object);
    if (fields !== undefined) this.endpoints(object.metadata?.name ?? '', fields.endpoints ?? []);
  }

  endpoints(name: string, list: NonNullable<SliceFields['endpoints']>): void {
    this.#planner.setEndpointSlice(slice({ service: name, addressType: 'IPv4', ports: [8080], endpoints: list }));
  }

  delete(object: Service): void {
    this.#planner.deleteService(object);
  }

  /** What the changes since the last call take. */
  change(): readonly Operation[] {
    const { operations, commit } = this.#model.prepare(this.#planner.takeChanges());
    commit();
    return operations;
  }
}

function cluster(index: number, changes: Partial<ServiceFields> = {}): Service {
  return service({
    name: `s${String(index)}`,
    clusterIP: `10.96.${String(index >> 8)}.${String(index & 255)}`,
    ports: [80],
    ...changes,
  });
}

/** Endpoints on this node that only one Service has. */
function endpoints(index: number, count: number, from = 1): { address: string; nodeName: string }[] {
  const prefix = `10.${String(200 + (index >> 8))}.${String(index & 255)}`;
  return Array.from({ length: count }, (_, at) => ({ address: `${prefix}.${String(from + at)}`, nodeName: 'here' }));
}

/** Objects that operations make or unmake, as kube-proxy's tests count them: an element is one. */
function objects(operations: readonly Operation[]): number {
  return operations.reduce((sum, operation) => sum + ('elements' in operation ? operation.elements.length : 1), 0);
}

// What kube-proxy's own test pins for cluster IPs with local endpoints. Its objects are elements, chains, flushes and
// rules; a rule's anonymous map of endpoints counts as none, so the last row, where two slots go, has one more of ours.
describe('one change takes few operations', () => {
  const next = 40;
  type Step = (cluster: Cluster) => void;
  const nothing: Step = () => {};
  const oneEndpoint: Step = (world) => world.set(cluster(next), { endpoints: endpoints(next, 1) });
  const twoEndpoints: Step = (world) => world.set(cluster(next), { endpoints: endpoints(next, 2) });
  const noEndpoint: Step = (world) => world.set(cluster(next), { endpoints: [] });
  const replaced: Step = (world) => world.endpoints(`s${String(next)}`, endpoints(next, 1, 200));
  const rows: { what: string; before: Step; change: Step; kubeProxy: number; ours: number; statements: number }[] = [
    { what: 'nothing', before: oneEndpoint, change: oneEndpoint, kubeProxy: 0, ours: 0, statements: 0 },
    {
      what: 'new service with an endpoint',
      before: nothing,
      change: oneEndpoint,
      kubeProxy: 6,
      ours: 4,
      statements: 4,
    },
    {
      what: 'service deleted',
      before: oneEndpoint,
      change: (world) => world.delete(cluster(next)),
      kubeProxy: 4,
      ours: 4,
      statements: 4,
    },
    {
      what: 'new service without endpoints',
      before: nothing,
      change: noEndpoint,
      kubeProxy: 2,
      ours: 2,
      statements: 2,
    },
    { what: 'its first endpoint', before: noEndpoint, change: oneEndpoint, kubeProxy: 6, ours: 4, statements: 4 },
    { what: 'endpoint replaced', before: oneEndpoint, change: replaced, kubeProxy: 5, ours: 4, statements: 4 },
    { what: 'endpoint added', before: oneEndpoint, change: twoEndpoints, kubeProxy: 4, ours: 4, statements: 4 },
    { what: 'both restored at once', before: noEndpoint, change: twoEndpoints, kubeProxy: 7, ours: 6, statements: 4 },
    {
      what: 'the last two endpoints gone',
      before: twoEndpoints,
      change: noEndpoint,
      kubeProxy: 5,
      ours: 6,
      statements: 4,
    },
  ];
  test.each(rows)(
    '$what: $ours objects in $statements statements',
    ({ before, change, kubeProxy, ours, statements }) => {
      for (const size of [4, 40]) {
        const world = new Cluster(size);
        before(world);
        world.change();
        change(world);
        const operations = world.change();
        expect(objects(operations)).toBe(ours);
        expect(operations).toHaveLength(statements);
        expect(operations.length).toBeLessThanOrEqual(kubeProxy);
      }
    },
  );

  it('and no object more than kube-proxy, but for one row', () => {
    expect(rows.filter(({ ours, kubeProxy }) => ours > kubeProxy).map(({ what }) => what)).toEqual([
      'the last two endpoints gone',
    ]);
  });
});

describe('a change of one endpoint', () => {
  const step = (size: number, change: (world: Cluster) => void): string => {
    const world = new Cluster(size);
    change(world);
    return renderTransaction({ table: 't', operations: world.change() }).text;
  };

  it('is the same text, whatever the number of services', () => {
    const change = (world: Cluster) => world.endpoints('s3', [...endpoints(3, 3), ...endpoints(3, 1, 50)]);
    expect(step(4, change)).toBe(step(400, change));
    expect(step(4, change).split('\n').length).toBeLessThan(20);
  });

  it('touches the elements of its service only', () => {
    const text = step(20, (world) => world.endpoints('s3', endpoints(3, 3, 2)));
    const keys = text.split('\n').filter((line) => /^\d/.test(line));
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((line) => !/^10\.96\.0\.3 |^(10\.200\.3\.\d+) \. \1 /.test(line))).toEqual([]);
  });

  const biggest = 3000;
  const many = (count: number, from: number): string[] =>
    Array.from({ length: count }, (_, at) => `10.${String(100 + ((from + at) >> 8))}.0.${String((from + at) & 255)}`);
  const slices = (list: readonly string[]) =>
    [0, 1000, 2000].map((from) =>
      slice({
        service: 'big',
        name: `big-${String(from)}`,
        addressType: 'IPv4',
        ports: [80],
        endpoints: list.slice(from, from + 1000),
      }),
    );

  it('takes as little for a service of thousands of endpoints', () => {
    const planner = new Planner(nodeView('here'));
    const model = new TableModel(settings);
    planner.setService(service({ name: 'big', clusterIP: '10.96.0.1', ports: [80] }));
    const sizes = [
      many(biggest, 0),
      [...many(biggest - 1, 0), '10.99.0.1'],
      many(biggest - 1, 1),
      many(biggest, 0),
    ].map((list) => {
      planner.replaceEndpointSlices(slices(list));
      const { operations, commit } = model.prepare(planner.takeChanges());
      commit();
      return objects(operations.filter((operation) => 'elements' in operation));
    });
    // Loaded; one replaced; one replaced by none at the front, so that the last one moves; one more.
    expect(sizes).toEqual([biggest + 2, 2, 7, 3]);
  });
});

describe('the order of operations', () => {
  /** What must come before what, in one transaction that has everything. */
  const world = (): readonly Operation[] => {
    const planner = new Planner(nodeView('here'));
    const model = new TableModel(settings);
    const sticky = { sessionAffinity: 'ClientIP' };
    planner.setService(cluster(1, sticky));
    planner.setEndpointSlice(slice({ service: 's1', ports: [80], endpoints: endpoints(1, 3) }));
    planner.setService(cluster(2));
    planner.setEndpointSlice(slice({ service: 's2', ports: [80], endpoints: endpoints(2, 3) }));
    const first = model.prepare(planner.takeChanges());
    first.commit();
    planner.setEndpointSlice(slice({ service: 's1', ports: [80], endpoints: endpoints(1, 2, 3) }));
    planner.setService(cluster(2, { ...sticky, loadBalancerIPs: ['203.0.113.1'] }));
    planner.setEndpointSlice(slice({ service: 's2', ports: [80], endpoints: endpoints(2, 1, 9) }));
    return model.prepare(planner.takeChanges()).operations;
  };

  it('makes before it refers, unlinks before it empties, deletes elements before it adds, and deletes sets last', () => {
    const kinds = world().map(({ op }) => op);
    const order = ['add-set', 'add-chain', 'delete-elements', 'flush-chain', 'add-rule', 'add-elements', 'delete-set'];
    expect([...new Set(kinds)]).toEqual(order);
    expect(kinds).toEqual([...kinds].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
  });

  it('says for which service each step is, but for shared ones', () => {
    const unowned = world().filter(({ owner }) => owner === undefined);
    expect(unowned.map((operation) => ('set' in operation ? operation.set : operation.op))).toEqual([
      'hairpin4',
      'hairpin4',
    ]);
  });
});
