import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeView, Planner } from '@nftproxier/core';
import type { EndpointSlice, KubernetesObject, NodeView, PlanChange, Service, ServicePlan } from '@nftproxier/core';
import {
  randomEvent,
  randomWorld,
  seededRandom,
  service,
  shuffled,
  slice,
  smallWorld,
  tell,
} from '@nftproxier/core/testing';
import type { Random, World, WorldEvent } from '@nftproxier/core/testing';

const here = nodeView('here', { zone: 'east', addresses: ['192.0.2.7', '2001:db8:1::7'] });

const nodes: readonly NodeView[] = [
  here,
  { ...here, zone: 'west' },
  { ...here, name: 'there' },
  { ...here, families: ['IPv6'] },
  { ...here, allowExternalIPs: false },
  { ...here, masqueradeAll: true, detectsLocalPods: [] },
  { ...here, addresses: [] },
];

/** What the API server holds after events. */
class Cluster {
  readonly services = new Map<string, Service>();
  readonly slices = new Map<string, EndpointSlice>();

  apply(event: WorldEvent): void {
    if ('service' in event) store(this.services, event.service, event.verb);
    else store(this.slices, event.slice, event.verb);
  }
}

function store<T extends KubernetesObject>(objects: Map<string, T>, object: T, verb: 'set' | 'delete'): void {
  const name = object.metadata?.name ?? '';
  if (verb === 'set') objects.set(name, object);
  else objects.delete(name);
}

/** The plans of a planner that learns of everything at once, in any order. */
function fresh(random: Random, cluster: Cluster, node: NodeView): Planner {
  const planner = new Planner(node);
  const objects = shuffled<WorldEvent>(random, [
    ...[...cluster.services.values()].map((each): WorldEvent => ({ verb: 'set', service: each })),
    ...[...cluster.slices.values()].map((each): WorldEvent => ({ verb: 'set', slice: each })),
  ]);
  for (const event of objects) tell(planner, event);
  planner.takeChanges();
  return planner;
}

function replace(planner: Planner, cluster: Cluster, { services, slices }: World): void {
  cluster.services.clear();
  cluster.slices.clear();
  for (const each of services) cluster.apply({ verb: 'set', service: each });
  for (const each of slices) cluster.apply({ verb: 'set', slice: each });
  planner.replaceServices(services);
  planner.replaceEndpointSlices(slices);
}

const inOrder = <T>(map: ReadonlyMap<string, T>): [string, T][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

/** Equality by Node first, which is many times faster, and by vitest to show a difference. */
function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected);
}

/** Plays random events to a planner, and says what it had, what it told of its changes, and what it should have had. */
function play(seed: number, length: number, { taking }: { readonly taking: number }) {
  const random = seededRandom(seed);
  const cluster = new Cluster();
  const planner = new Planner(here);
  const told = new Map<string, ServicePlan>();
  let node = here;
  const take = (): void => {
    for (const { service: key, plan } of planner.takeChanges()) {
      if (plan === undefined) told.delete(key);
      else told.set(key, plan);
    }
  };
  for (let step = 0; step < length; step += 1) {
    const dice = random();
    if (dice < 0.03) replace(planner, cluster, randomWorld(random));
    else if (dice < 0.06) {
      node = nodes[Math.floor(random() * nodes.length)] ?? here;
      planner.setNode(node);
    } else {
      const event = randomEvent(random);
      cluster.apply(event);
      for (let times = dice < 0.15 ? 2 : 1; times > 0; times -= 1) tell(planner, event);
    }
    if (random() < taking) take();
  }
  take();
  return { planner, told, expected: fresh(random, cluster, node) };
}

describe('the plans do not depend on what happened before', () => {
  it.each([
    ['taken at the end', 0],
    ['taken now and then', 0.2],
    ['taken after every event', 1],
  ])(
    '%s',
    (_, taking) => {
      fc.assert(
        fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, length) => {
          const { planner, told, expected } = play(seed, length, { taking });
          expectSame(inOrder(planner.plans), inOrder(expected.plans));
          expectSame(inOrder(told), inOrder(expected.plans));
          expectSame(inOrder(planner.orphans), inOrder(expected.orphans));
          expect(planner.pending).toBe(false);
        }),
        { numRuns: 25 },
      );
    },
    60_000,
  );

  it('meets conflicts, moves of slices, orphans and every outcome on the way', () => {
    // The property above proves little if these never happen.
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed += 1) {
      const { expected } = play(seed, 40, { taking: 0 });
      for (const plan of expected.plans.values()) {
        for (const { code } of plan.diagnostics) seen.add(code);
        for (const { frontends, affinity } of plan.ports) {
          if (affinity !== undefined) seen.add('affinity');
          for (const { outcome } of frontends) seen.add(outcome.outside.kind);
        }
      }
      for (const [found] of expected.orphans.values()) seen.add(found?.code ?? '');
    }
    expect([...seen]).toEqual(
      expect.arrayContaining(['address-conflict', 'no-service', 'affinity', 'balance', 'reject', 'drop']),
    );
  });
});

describe('a change plans its own Service and no other', () => {
  const web = (index: number, changes = {}): Service =>
    service({
      name: `web-${String(index)}`,
      clusterIP: `10.96.${String(index >> 8)}.${String(index & 255)}`,
      ports: [{ port: 80, nodePort: 30_000 + index }],
      loadBalancerIPs: [`203.0.113.${String(index & 15)}`],
      ...changes,
    });
  const pods = (index: number, last = 1, name = `web-${String(index)}-1`): EndpointSlice =>
    slice({ service: `web-${String(index)}`, name, ports: [8080], endpoints: [`10.244.0.${String(last)}`] });
  const names = (changes: readonly PlanChange[]): string[] => changes.map((change) => change.service);

  /** Many Services that share load-balancer addresses, at ports of their own. */
  function full(count: number): Planner {
    const planner = new Planner(here);
    planner.replaceServices(Array.from({ length: count }, (_, index) => web(index, { ports: [{ port: 1 + index }] })));
    planner.replaceEndpointSlices(Array.from({ length: count }, (_, index) => pods(index)));
    expect(planner.takeChanges()).toHaveLength(count);
    return planner;
  }

  it.each([10, 1000])('with %i Services', (count) => {
    const planner = full(count);
    const after = (act: () => void): string[] => {
      act();
      expect(planner.pending).toBe(true);
      return names(planner.takeChanges());
    };
    expect(after(() => planner.setEndpointSlice(pods(3, 2)))).toEqual(['default/web-3']);
    expect(after(() => planner.setEndpointSlice(pods(3, 2, 'another')))).toEqual(['default/web-3']);
    expect(after(() => planner.deleteEndpointSlice(pods(3, 2, 'another')))).toEqual(['default/web-3']);
    expect(after(() => planner.setService(web(4, { ports: [5] })))).toEqual(['default/web-4']);
    expect(after(() => planner.setService(web(4, { ports: [1] })))).toEqual(['default/web-4']);
    expect(after(() => planner.deleteService(web(5)))).toEqual(['default/web-5']);
    expect(after(() => planner.setService(web(5, { ports: [9_999] })))).toEqual(['default/web-5']);
    expect(after(() => planner.setService(web(count)))).toEqual([`default/web-${String(count)}`]);
  });

  it('but plans both Services of a slice that moves', () => {
    const planner = full(10);
    planner.setEndpointSlice(pods(2, 1, 'web-1-1'));
    expect(names(planner.takeChanges())).toEqual(['default/web-1', 'default/web-2']);
    const counts = ['default/web-1', 'default/web-2'].map(
      (key) => [...planner.plans].find(([known]) => known === key)?.[1].ports[0]?.cluster.length,
    );
    expect(counts).toEqual([0, 1]);
  });

  it('and plans all when the node changes, and none when it is told the same', () => {
    const planner = full(10);
    planner.setNode({ ...here });
    expect(planner.pending).toBe(false);
    planner.setNode({ ...here, zone: 'west' });
    expect(planner.takeChanges()).toHaveLength(10);
    expect(planner.node.zone).toBe('west');
  });

  it('and nothing for what concerns no Service', () => {
    const planner = full(10);
    planner.setEndpointSlice(pods(99));
    planner.deleteEndpointSlice(pods(98));
    planner.deleteService(web(97));
    planner.setEndpointSlice(slice({ name: 'lost', ports: [80] }));
    expect(planner.pending).toBe(false);
    expect(planner.takeChanges()).toEqual([]);
  });

  it('plans a Service with the slices that came before it', () => {
    const planner = new Planner(here);
    planner.setEndpointSlice(pods(1));
    planner.setService(web(1));
    expect(planner.takeChanges()[0]?.plan?.ports[0]?.cluster).toHaveLength(1);
  });

  it('forgets a Service that came and went between two calls', () => {
    const planner = full(3);
    planner.setService(web(50));
    planner.deleteService(web(50));
    expect(planner.takeChanges()).toEqual([]);
    planner.deleteService(web(0));
    expect(planner.takeChanges()).toEqual([{ service: 'default/web-0', plan: undefined }]);
    expect(planner.plans.size).toBe(2);
  });

  it('gives changes in the order of names', () => {
    const planner = new Planner(here);
    planner.replaceServices([web(2), web(10), web(1)]);
    expect(names(planner.takeChanges())).toEqual(['default/web-1', 'default/web-10', 'default/web-2']);
  });
});

describe('a slice that can no longer be used', () => {
  const good = slice({ service: 'web', ports: [8080], endpoints: ['10.244.0.1'] });
  const known = (): Planner => {
    const planner = new Planner(here);
    planner.setService(service({ name: 'web', clusterIP: '10.96.0.1', ports: [80] }));
    planner.setEndpointSlice(good);
    planner.takeChanges();
    return planner;
  };
  it.each([
    ['of another address type', { ...good, addressType: 'FQDN' }, 1],
    ['without its label', { ...good, metadata: { ...good.metadata, labels: {} } }, 1],
    [
      'of a headless Service',
      { ...good, metadata: { ...good.metadata, labels: { 'service.kubernetes.io/headless': '' } } },
      0,
    ],
  ])('%s takes its endpoints with it', (_, bad, orphans) => {
    const planner = known();
    planner.setEndpointSlice(bad);
    expect(planner.takeChanges()[0]?.plan?.ports[0]?.cluster).toEqual([]);
    expect(planner.orphans.size).toBe(orphans);
    planner.setEndpointSlice(good);
    expect(planner.takeChanges()[0]?.plan?.ports[0]?.cluster).toHaveLength(1);
    expect(planner.orphans.size).toBe(0);
  });

  it('is no longer reported once it is not in the full list', () => {
    const planner = known();
    planner.setEndpointSlice(slice({ name: 'lost', ports: [80] }));
    planner.setService(service({ name: 'Bad', clusterIP: '10.96.0.1', ports: [80] }));
    expect([...planner.orphans.keys()]).toEqual(['EndpointSlice default/lost', 'Service "default"/"Bad"']);
    planner.replaceEndpointSlices([good]);
    expect([...planner.orphans.keys()]).toEqual(['Service "default"/"Bad"']);
    planner.replaceServices([]);
    expect(planner.orphans.size).toBe(0);
  });

  it('does not fill the memory', () => {
    const planner = known();
    for (let index = 0; index < 1_500; index += 1) {
      planner.setEndpointSlice(slice({ name: `lost-${String(index)}`, ports: [80] }));
    }
    expect(planner.orphans.size).toBe(1_000);
  });
});

it('smallWorld is small enough for what these tests want to meet', () => {
  expect(randomWorld(seededRandom(1)).slices).toHaveLength(smallWorld.services * smallWorld.slices);
  expect(randomWorld(seededRandom(1))).toEqual(randomWorld(seededRandom(1)));
});
