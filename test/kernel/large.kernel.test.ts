import { Planner, nodeView } from '@nftproxier/core';
import type { EndpointSlice } from '@nftproxier/core';
import { Loader, createLoadTarget, createNft, tracePacket } from '@nftproxier/nft';
import { FakeNft, createFakeLoadTarget } from '@nftproxier/nft/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab } from '../lab/index.js';
import type { Lab } from '../lab/index.js';
import { countObjects } from './counts.js';
import { labTable } from './node.js';

const endpoint = (index: number): string => `10.244.${String(100 + (index >> 8))}.${String(index & 255)}`;

/** 1,000 endpoints a slice, the API server's own limit. */
function slices(count: number, ports: number): readonly EndpointSlice[] {
  return Array.from({ length: Math.ceil(count / 1_000) }, (_, part) => ({
    metadata: { namespace: 'test', name: `big-${String(part)}`, labels: { 'kubernetes.io/service-name': 'big' } },
    addressType: 'IPv4',
    ports: Array.from({ length: ports }, (_, index) => ({
      name: `p${String(index)}`,
      port: 8_000 + index,
      protocol: 'TCP',
    })),
    endpoints: Array.from({ length: Math.min(1_000, count - part * 1_000) }, (_, index) => ({
      addresses: [endpoint(part * 1_000 + index)],
    })),
  }));
}

function bigPlanner(count: number, ports: number): Planner {
  const planner = new Planner(nodeView('node-a'));
  planner.setService({
    metadata: { namespace: 'test', name: 'big' },
    spec: {
      clusterIP: '10.96.30.1',
      ports: Array.from({ length: ports }, (_, index) => ({
        name: `p${String(index)}`,
        port: 80 + index,
        protocol: 'TCP',
      })),
    },
  });
  planner.replaceEndpointSlices(slices(count, ports));
  return planner;
}

let lab: Lab;
beforeAll(async () => {
  lab = await createLab();
});
afterAll(() => lab.close());

describe('large services', () => {
  it('of 5,000 endpoints in slices of 1,000 load, and one replaced endpoint is one slot', async () => {
    const planner = bigPlanner(5_000, 1);
    planner.takeChanges();
    const nft = createNft({ prefix: lab.namespace('node-a').prefix });
    const loader = new Loader(createLoadTarget(nft));
    const { refused } = await loader.replace({ ...labTable, plans: planner.plans.values() });
    expect(refused).toEqual([]);
    const [first, ...others] = slices(5_000, 1);
    const [, ...rest] = first?.endpoints ?? [];
    planner.replaceEndpointSlices([{ ...first, endpoints: [...rest, { addresses: ['10.244.99.9'] }] }, ...others]);
    const applied = await loader.apply(planner.takeChanges());
    expect(applied).toEqual({ transactions: 1, operations: 2, elements: 2, refused: [] });
    console.log('kernel objects for a service of 5,000 endpoints:', await countObjects(nft, 'nftproxier'));
  });

  it('of 100 ports and 1,000 endpoints load, and every endpoint of every port can be reached', async () => {
    const planner = bigPlanner(1_000, 100);
    planner.takeChanges();
    const fake = new FakeNft();
    await new Loader(createFakeLoadTarget(fake)).replace({ ...labTable, plans: planner.plans.values() });
    const real = new Loader(createLoadTarget(createNft({ prefix: lab.namespace('node-a').prefix })));
    expect((await real.replace({ ...labTable, plans: planner.plans.values() })).refused).toEqual([]);
    for (const port of [80, 130, 179]) {
      const trace = tracePacket(
        fake,
        { protocol: 'tcp', from: '10.244.1.9', to: '10.96.30.1', port, arrives: { kind: 'interface', name: 'cni0' } },
        { localAddresses: [] },
      );
      expect(trace.verdict).toBe('dnat');
      expect(trace.endpoints).toHaveLength(1_000);
      expect(new Set(trace.endpoints.map((one) => one.port))).toEqual(new Set([8_000 + port - 80]));
    }
  });
});
