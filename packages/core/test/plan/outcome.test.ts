import { describe, expect, it, test } from 'vitest';
import type { Frontend, NodeView, ServicePlan } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import type { EndpointFields, ServiceFields } from '@nftproxier/core/testing';
import { decisions, planned } from './planned.js';

const web = {
  name: 'web',
  type: 'LoadBalancer',
  clusterIP: '10.96.0.10',
  ports: [{ port: 80, nodePort: 30_080 }],
  externalIPs: ['192.0.2.1'],
  loadBalancerIPs: ['203.0.113.1'],
  healthCheckNodePort: 31_000,
} satisfies ServiceFields;

const remote: EndpointFields = { address: '10.244.1.1', nodeName: 'there' };
const local: EndpointFields = { address: '10.244.0.1', nodeName: 'here' };
const gone: Partial<EndpointFields> = { ready: false, serving: false, terminating: true };
const leaving: Partial<EndpointFields> = { ready: false, serving: true, terminating: true };

type Policies = 'Cluster' | 'eTP' | 'iTP' | 'both';

function policies(of: Policies): Partial<ServiceFields> {
  return {
    externalTrafficPolicy: of === 'eTP' || of === 'both' ? 'Local' : 'Cluster',
    internalTrafficPolicy: of === 'iTP' || of === 'both' ? 'Local' : 'Cluster',
  };
}

function planOf(of: Policies, endpoints: readonly EndpointFields[], node: Partial<NodeView> = {}): ServicePlan {
  return planned(
    service({ ...web, ...policies(of) }),
    [slice({ service: 'web', addressType: 'IPv4', ports: [8080], endpoints })],
    node,
  );
}

const kinds: readonly Frontend['kind'][] = ['ClusterIP', 'ExternalIP', 'LoadBalancerIP', 'NodePort'];

/** Decisions for pods, node and outside by kind of frontend. The three external kinds must agree. */
function outcomesOf(plan: ServicePlan): { internal: string[]; external: string[] } {
  const frontends = plan.ports[0]!.frontends;
  expect(frontends.map(({ kind }) => kind)).toEqual(kinds);
  const [internal, ...external] = frontends.map(({ outcome }) => decisions(outcome));
  expect(new Set(external.map(String)).size).toBe(1);
  return { internal: internal!, external: external[0]! };
}

describe('who gets which endpoints, and whose source address is hidden', () => {
  // Policies; then for pods of this node, the node itself and outside: to the cluster IP, and to the external frontends.
  const detecting: [Policies, string[], string[]][] = [
    ['Cluster', ['A', 'A+m', 'A+m'], ['A+m', 'A+m', 'A+m']],
    ['eTP', ['A', 'A+m', 'A+m'], ['A', 'A+m', 'L']],
    ['iTP', ['L', 'L+m', 'L+m'], ['A+m', 'A+m', 'A+m']],
    ['both', ['L', 'L+m', 'L+m'], ['A', 'A+m', 'L']],
  ];
  test.each(detecting)('policies %s', (of, internal, external) => {
    expect(outcomesOf(planOf(of, [remote, local]))).toEqual({ internal, external });
  });

  const undetecting: [Policies, string[], string[]][] = [
    ['Cluster', ['A', 'A', 'A'], ['A+m', 'A+m', 'A+m']],
    ['eTP', ['A', 'A', 'A'], ['L', 'A+m', 'L']],
    ['iTP', ['L', 'L', 'L'], ['A+m', 'A+m', 'A+m']],
    ['both', ['L', 'L', 'L'], ['L', 'A+m', 'L']],
  ];
  test.each(undetecting)('policies %s, where local pods cannot be told', (of, internal, external) => {
    for (const detectsLocalPods of [[], ['IPv6'] as const]) {
      expect(outcomesOf(planOf(of, [remote, local], { detectsLocalPods }))).toEqual({ internal, external });
    }
  });

  const all: [Policies, string[], string[]][] = [
    ['Cluster', ['A+m', 'A+m', 'A+m'], ['A+m', 'A+m', 'A+m']],
    ['eTP', ['A+m', 'A+m', 'A+m'], ['A', 'A+m', 'L']],
    ['iTP', ['L+m', 'L+m', 'L+m'], ['A+m', 'A+m', 'A+m']],
    ['both', ['L+m', 'L+m', 'L+m'], ['A', 'A+m', 'L']],
  ];
  test.each(all)('policies %s with masqueradeAll', (of, internal, external) => {
    expect(outcomesOf(planOf(of, [remote, local], { masqueradeAll: true }))).toEqual({ internal, external });
  });

  it('masquerades all traffic to the cluster IP with masqueradeAll, where local pods cannot be told', () => {
    const { internal, external } = outcomesOf(
      planOf('eTP', [remote, local], { masqueradeAll: true, detectsLocalPods: [] }),
    );
    expect({ internal, external }).toEqual({ internal: ['A+m', 'A+m', 'A+m'], external: ['L', 'A+m', 'L'] });
  });
});

describe('refused or dropped', () => {
  const L = local;
  const R = remote;
  const [LT, RT] = [
    { ...local, ...leaving },
    { ...remote, ...leaving },
  ];
  const none = ['reject', 'reject', 'reject'];
  const short = ['A', 'A+m', 'drop'];
  const dropped = ['drop', 'drop', 'drop'];
  const kept = { internal: ['L', 'L+m', 'L+m'], external: ['A', 'A+m', 'L'] };
  // Both policies Local: what is left where the lists are empty.
  const states: [string, EndpointFields[], { internal: string[]; external: string[] }][] = [
    ['R, L', [R, L], kept],
    ['R only', [R], { internal: dropped, external: short }],
    ['R, LT', [R, LT], kept],
    ['RT, LT', [RT, LT], kept],
    ['RT only', [RT], { internal: dropped, external: short }],
    ['terminating and not serving', [{ ...L, ...gone }], { internal: none, external: none }],
    ['not ready', [{ ...L, ready: false, serving: false }], { internal: none, external: none }],
    ['none', [], { internal: none, external: none }],
  ];
  test.each(states)('%s', (_, endpoints, expected) => {
    expect(outcomesOf(planOf('both', endpoints))).toEqual(expected);
  });

  test.each(['Cluster', 'eTP', 'iTP', 'both'] as const)('nobody serves, policies %s', (of) => {
    expect(outcomesOf(planOf(of, []))).toEqual({ internal: none, external: none });
  });

  it('each policy drops only its own frontends', () => {
    expect(outcomesOf(planOf('iTP', [R]))).toEqual({ internal: dropped, external: ['A+m', 'A+m', 'A+m'] });
    expect(outcomesOf(planOf('eTP', [R]))).toEqual({ internal: ['A', 'A+m', 'A+m'], external: short });
  });

  it('drops traffic of pods too where they cannot be told', () => {
    expect(outcomesOf(planOf('eTP', [R], { detectsLocalPods: [] })).external).toEqual(['drop', 'A+m', 'drop']);
  });

  it('does not refuse where topology leaves no local endpoint', () => {
    const hinted = { ...R, forZones: ['east'] };
    expect(outcomesOf(planOf('both', [hinted], { zone: 'east' }))).toEqual({ internal: dropped, external: short });
  });

  it('ignores the external policy Local of a Service that is not external by its spec', () => {
    const fields = { ...web, type: 'ClusterIP', externalIPs: [], externalTrafficPolicy: 'Local' };
    const plan = planned(service(fields), [slice({ service: 'web', ports: [8080], endpoints: [remote] })]);
    expect(plan.ports[0]?.frontends.map(({ kind, outcome }) => [kind, ...decisions(outcome)])).toEqual([
      ['ClusterIP', 'A', 'A+m', 'A+m'],
      ['LoadBalancerIP', 'A+m', 'A+m', 'A+m'],
      ['NodePort', 'A+m', 'A+m', 'A+m'],
    ]);
  });
});

it('decides by family', () => {
  const plan = planned(
    service({ ...web, clusterIPs: ['10.96.0.10', 'fd00:96::10'] }),
    [slice({ service: 'web', ports: [8080], endpoints: ['fd00:244::1'] })],
    { detectsLocalPods: ['IPv4'] },
  );
  const decided = plan.ports.map(({ family, frontends }) => [family, ...decisions(frontends[0]!.outcome)]);
  expect(decided).toEqual([
    ['IPv4', 'reject', 'reject', 'reject'],
    ['IPv6', 'A', 'A', 'A'],
  ]);
});
