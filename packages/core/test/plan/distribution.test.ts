import { describe, expect, it, test } from 'vitest';
import { nodeView, Planner } from '@nftproxier/core';
import type { HintRefusal, NodeView } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import type { EndpointFields, ServiceFields } from '@nftproxier/core/testing';

const a1 = { address: '10.244.0.1', zone: 'a', forZones: ['a'] };
const a2 = { address: '10.244.0.2', zone: 'a', forZones: ['b'] };
const b1 = { address: '10.244.1.1', zone: 'b', forZones: ['b'] };
const c1 = { address: '10.244.2.1', zone: 'c' };

function distribution(
  endpoints: readonly EndpointFields[],
  fields: Partial<ServiceFields> = {},
  changes: Partial<NodeView> = { zone: 'a' },
) {
  const planner = new Planner(nodeView('here', changes));
  planner.setService(service({ name: 'web', clusterIP: '10.96.0.1', ports: [80], ...fields }));
  planner.setEndpointSlice(slice({ service: 'web', ports: [8080], addressType: 'IPv4', endpoints }));
  return planner.distributionOf([...planner.takeChanges()][0]!.service)![0]!;
}

describe('where the connections of a service port go', () => {
  it('by zone, under the hints in force, from this node and from every zone', () => {
    const { here, zones } = distribution([a1, a2, b1]);
    expect(here).toEqual({
      from: 'a',
      hints: { honoured: true, by: 'same-zone' },
      to: [{ zone: 'a', endpoints: 1, share: 1 }],
    });
    expect(zones.map(({ from, to }) => [from, to.map(({ zone, share }) => [zone, share])])).toEqual([
      ['a', [['a', 1]]],
      [
        'b',
        [
          ['a', 0.5],
          ['b', 0.5],
        ],
      ],
    ]);
  });

  it('by weight, where the algorithm heeds it', () => {
    const planner = new Planner(nodeView('here'));
    const annotations = { 'nftproxier.io/algorithm': 'weighted' };
    planner.setService(service({ name: 'web', clusterIP: '10.96.0.1', ports: [80], annotations }));
    const weights = { 'nftproxier.io/weights': '10.244.0.1=3,1' };
    planner.setEndpointSlice(slice({ service: 'web', ports: [8080], annotations: weights, endpoints: [a1, c1] }));
    const [change] = planner.takeChanges();
    expect(planner.distributionOf(change!.service)![0]!.here.to).toEqual([
      { zone: 'a', endpoints: 1, share: 0.75 },
      { zone: 'c', endpoints: 1, share: 0.25 },
    ]);
  });

  const refusals: [HintRefusal, EndpointFields[], Partial<ServiceFields>, Partial<NodeView>][] = [
    ['local-only', [a1], { internalTrafficPolicy: 'Local' }, { zone: 'a' }],
    ['nothing-ready', [{ ...a1, ready: false, serving: true, terminating: true }], {}, { zone: 'a' }],
    ['no-hints', [c1], {}, { zone: 'a' }],
    ['node-without-zone', [a1, b1], {}, {}],
    ['endpoint-without-hint', [a1, b1, c1], {}, { zone: 'a' }],
    ['no-endpoint-for-zone', [a1, b1], {}, { zone: 'z' }],
  ];
  test.each(refusals)('says why hints are not honoured: %s', (reason, endpoints, fields, node) => {
    const { hints } = distribution(endpoints, fields, node).here;
    expect(hints).toMatchObject({ honoured: false, reason });
    expect(hints.honoured ? '' : hints.message).toMatch(/^[a-z0-9]/);
  });

  it('is not known of a Service that is not', () => {
    expect(new Planner(nodeView('here')).distributionOf('default/web' as never)).toBeUndefined();
  });
});
