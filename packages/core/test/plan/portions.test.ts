import { Planner, nodeView, sliceOwnerOf, translateSlice } from '@nftproxier/core';
import { randomWorld, seededRandom, service, slice } from '@nftproxier/core/testing';
import { describe, expect, it } from 'vitest';

const names = ['a', 'b', 'c', 'd', 'e'];
const services = names.map((name, index) => service({ name, clusterIP: `10.96.0.${String(index + 1)}`, ports: [80] }));
const slices = names.map((name, index) =>
  slice({ service: name, ports: [8080], endpoints: [`10.244.0.${String(index + 1)}`] }),
);
const planner = (): Planner => new Planner(nodeView('here'));

describe('a large cluster in portions', () => {
  it('plans so many Services at a time, until none is left, and plans each as in one go', () => {
    const whole = planner();
    const parts = planner();
    for (const one of [whole, parts]) {
      one.replaceServices(services);
      one.replaceEndpointSlices(slices);
    }
    const all = whole.takeChanges();
    const portions: (readonly unknown[])[] = [];
    while (parts.pending) portions.push(parts.takeChanges(2));
    expect(portions.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(portions.flat()).toEqual(all);
    expect(parts.plans).toEqual(whole.plans);
  });

  it('takes in one object at each step, and removes what is gone in the last', () => {
    const one = planner();
    one.replaceServices(services);
    one.replaceEndpointSlices(slices);
    one.takeChanges();
    const steps = one.replacingServices(services.slice(1));
    for (let step = 0; step < 4; step += 1) expect(steps.next().done).toBe(false);
    expect(one.takeChanges().filter(({ plan }) => plan === undefined)).toEqual([]);
    expect(steps.next().done).toBe(true);
    expect(one.takeChanges()).toEqual([{ service: 'default/a', plan: undefined }]);
    expect([...one.replacingEndpointSlices(slices.slice(0, 2))]).toHaveLength(2);
    expect(one.takeChanges().map(({ service: key }) => key)).toEqual([
      'default/b',
      'default/c',
      'default/d',
      'default/e',
    ]);
  });

  it('knows the owner of a slice exactly where the slice has a model', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      for (const each of randomWorld(seededRandom(seed)).slices.values()) {
        expect(sliceOwnerOf(each).service).toBe(translateSlice(each).model?.service);
      }
    }
    const broken = { ...slice({ service: 'a', ports: [80], endpoints: [] }), addressType: 'FQDN' };
    expect(sliceOwnerOf(broken)).toEqual(translateSlice(broken));
  });
});
