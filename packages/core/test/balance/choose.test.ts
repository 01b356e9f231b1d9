import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { chooseEndpoints, isExternallyReachable, isOn } from '@nftproxier/core';
import type { Endpoint, EndpointChoice, ServicePort } from '@nftproxier/core';

const place = { name: 'here', zone: 'east' };

const port: ServicePort = {
  portName: '',
  protocol: 'TCP',
  family: 'IPv4',
  clusterIP: '10.96.0.10' as ServicePort['clusterIP'],
  port: 80,
  nodePort: 0,
  loadBalancerIPs: [],
  externalIPs: [],
  sourceRanges: [],
  affinity: undefined,
  externalTrafficPolicy: 'Cluster',
  internalTrafficPolicy: 'Cluster',
};
const open: ServicePort = { ...port, nodePort: 30_000 };
const iTP: ServicePort = { ...port, internalTrafficPolicy: 'Local' };
const eTP: ServicePort = { ...open, externalTrafficPolicy: 'Local' };
const both: ServicePort = { ...eTP, internalTrafficPolicy: 'Local' };

/** What an endpoint is called by in these tables, and what that means. */
type Named = Readonly<Record<string, Endpoint>>;

function endpoint(name: string, fields: Partial<Endpoint>): Endpoint {
  const address = name as Endpoint['address'];
  const state = { ready: true, serving: true, terminating: false };
  return { address, port: 80, ...state, nodeName: '', zoneHints: [], nodeHints: [], ...fields };
}

const terminating = { ready: false, serving: true, terminating: true };
const named: Named = Object.fromEntries(
  Object.entries({
    // As in the matrix: remote and local, ready and terminating while serving, and two that are of no use.
    R: { nodeName: 'there' },
    L: { nodeName: 'here' },
    RT: { nodeName: 'there', ...terminating },
    LT: { nodeName: 'here', ...terminating },
    LX: { nodeName: 'here', ...terminating, serving: false },
    LN: { nodeName: 'here', ready: false },
    LF: { nodeName: 'here', ready: false, serving: false },
    // Nowhere known: never local.
    N: {},
    // Ready while terminating, as with publishNotReadyAddresses.
    LP: { nodeName: 'here', terminating: true },
    // Hints.
    Re: { nodeName: 'there', zoneHints: ['east'] },
    Rw: { nodeName: 'there', zoneHints: ['west'] },
    Rew: { nodeName: 'there', zoneHints: ['west', 'east'] },
    Lw: { nodeName: 'here', zoneHints: ['west'] },
    Rh: { nodeName: 'there', zoneHints: ['west'], nodeHints: ['here'] },
    Rt: { nodeName: 'there', zoneHints: ['west'], nodeHints: ['there'] },
    Ret: { nodeName: 'there', zoneHints: ['east'], nodeHints: ['there'] },
    RTe: { nodeName: 'there', zoneHints: ['east'], ...terminating },
  }).map(([name, fields]) => [name, endpoint(name, fields)]),
);

function choose(names: string, servicePort: ServicePort, at = place): EndpointChoice {
  return chooseEndpoints(
    names.split(' ').flatMap((name) => named[name] ?? []),
    servicePort,
    at,
  );
}

const texts = (endpoints: readonly Endpoint[]): string => endpoints.map(({ address }) => address).join(' ');

describe('which endpoints serve, by their state', () => {
  // present, cluster list, local list, hasEndpoints
  const matrix: [string, string, string, boolean][] = [
    ['R L', 'R L', 'L', true],
    ['R', 'R', '', true],
    ['R LT', 'R', 'LT', true],
    ['RT LT', 'RT LT', 'LT', true],
    ['RT', 'RT', '', true],
    ['LT', 'LT', 'LT', true],
    ['RT L', 'L', 'L', true],
    ['LX', '', '', false],
    ['LN', '', '', false],
    ['LF', '', '', false],
    ['', '', '', false],
    ['N', 'N', '', true],
    ['LP', 'LP', 'LP', true],
    ['LP L LT', 'LP L', 'LP L', true],
    ['R L RT LT LX LN', 'R L', 'L', true],
    ['LX RT', 'RT', '', true],
    ['LN LT', 'LT', 'LT', true],
  ];

  test.each(matrix)('%j: for both policies Local', (present, cluster, local, hasEndpoints) => {
    const choice = choose(present, both);
    expect([texts(choice.cluster), texts(choice.local), choice.hasEndpoints]).toEqual([cluster, local, hasEndpoints]);
  });

  test.each(matrix)('%j: for the external policy Local', (present, cluster, local, hasEndpoints) => {
    const choice = choose(present, eTP);
    expect([texts(choice.cluster), texts(choice.local), choice.hasEndpoints]).toEqual([cluster, local, hasEndpoints]);
  });

  test.each(matrix)('%j: for the internal policy Local, reachable', (present, cluster, local, hasEndpoints) => {
    const choice = choose(present, { ...iTP, nodePort: 30_000 });
    expect([texts(choice.cluster), texts(choice.local), choice.hasEndpoints]).toEqual([cluster, local, hasEndpoints]);
  });

  test.each(matrix)('%j: for the internal policy Local, not reachable', (present, _, local, hasEndpoints) => {
    const choice = choose(present, iTP);
    expect([texts(choice.cluster), texts(choice.local), choice.hasEndpoints]).toEqual(['', local, hasEndpoints]);
  });

  test.each(matrix)('%j: for policies Cluster', (present, cluster, _, hasEndpoints) => {
    for (const each of [port, open]) {
      const choice = choose(present, each);
      expect([texts(choice.cluster), texts(choice.local), choice.hasEndpoints]).toEqual([cluster, '', hasEndpoints]);
    }
  });
});

describe('which lists are made', () => {
  const address = '203.0.113.1' as ServicePort['clusterIP'];
  const reach: [string, Partial<ServicePort>, boolean][] = [
    ['nothing', {}, false],
    ['a node port', { nodePort: 30_000 }, true],
    ['a load-balancer address', { loadBalancerIPs: [address] }, true],
    ['an external address', { externalIPs: [address] }, true],
  ];
  test.each(reach)('with %s', (_, fields, reachable) => {
    expect(isExternallyReachable({ ...port, ...fields })).toBe(reachable);
    const made = (servicePort: ServicePort): [boolean, boolean] => {
      const { cluster, local } = choose('L', { ...servicePort, ...fields });
      return [cluster.length > 0, local.length > 0];
    };
    expect(made(port)).toEqual([true, false]);
    expect(made(iTP)).toEqual([reachable, true]);
    expect(made({ ...port, externalTrafficPolicy: 'Local' })).toEqual([true, reachable]);
    expect(made({ ...iTP, externalTrafficPolicy: 'Local' })).toEqual([reachable, true]);
  });

  it('does not know an endpoint without node as local, not even on a node without name', () => {
    expect(isOn({ nodeName: '' }, { name: '' })).toBe(false);
    expect(choose('N', iTP, { name: '', zone: '' }).local).toEqual([]);
  });

  it('compares node names as they are', () => {
    expect(choose('L', iTP, { name: 'Here', zone: '' }).local).toEqual([]);
  });
});

describe('topology', () => {
  const cases: [string, string, string, string][] = [
    ['no hints', 'R L', 'none', 'R L'],
    ['nothing ready', 'RTe', 'none', 'RTe'],
    ['every one has a zone, one has ours', 'Re Rw Lw', 'same-zone', 'Re'],
    ['one has several zones', 'Rew Rw', 'same-zone', 'Rew'],
    ['one without a hint', 'Re Rw L', 'none', 'Re Rw L'],
    ['no one for our zone', 'Rw Lw', 'none', 'Rw Lw'],
    ['every one has a node, one has ours', 'Rh Rt', 'same-node', 'Rh'],
    ['node before zone', 'Rh Ret', 'same-node', 'Rh'],
    ['no one for our node: zone', 'Rt Ret', 'same-zone', 'Ret'],
    ['no one for our node or zone', 'Rt', 'none', 'Rt'],
    ['one without a node: zone', 'Rh Re', 'same-zone', 'Re'],
    ['terminating ones do not count', 'Re Rw RT', 'same-zone', 'Re'],
    ['those that are not ready do not count', 'Re Rw LN', 'same-zone', 'Re'],
  ];
  test.each(cases)('%s: %s', (_, present, topology, cluster) => {
    for (const each of [port, open, eTP, { ...iTP, nodePort: 30_000 }]) {
      const choice = choose(present, each);
      expect([choice.topology, texts(choice.cluster)]).toEqual([topology, cluster]);
    }
  });

  it('needs a zone of our own', () => {
    expect(choose('Re Rw', port, { name: 'here', zone: '' })).toMatchObject({ topology: 'none' });
    expect(texts(choose('Re Rw', port, { name: 'here', zone: '' }).cluster)).toBe('Re Rw');
  });

  it('an empty zone hint is not that of a node without zone', () => {
    const hinted = endpoint('x', { zoneHints: [''] });
    expect(chooseEndpoints([hinted, named['Rw']!], port, { name: 'here', zone: '' }).topology).toBe('none');
  });

  it('does not touch the local list', () => {
    expect(choose('Re Lw', eTP)).toMatchObject({ cluster: [named['Re']], local: [named['Lw']] });
    expect(choose('Rt Rh Lw', both)).toMatchObject({ local: [named['Lw']] });
  });

  it('is not looked at where no traffic may leave', () => {
    expect(choose('Re Rw', iTP)).toMatchObject({ topology: 'none', cluster: [], local: [], hasEndpoints: true });
  });
});

it('keeps the promises of its comment, whatever the endpoints', () => {
  const names = fc.array(fc.constantFrom(...Object.keys(named)), { maxLength: 8 });
  fc.assert(
    fc.property(names, fc.constantFrom(port, open, iTP, eTP, both, { ...iTP, nodePort: 1 }), (present, servicePort) => {
      const { cluster, local, hasEndpoints } = choose(present.join(' '), servicePort);
      for (const list of [cluster, local]) {
        expect(new Set(list.map(({ ready }) => ready)).size).toBeLessThanOrEqual(1);
        expect(list.every(({ ready, serving }) => ready || (serving && isTerminating(list)))).toBe(true);
        expect(texts(list)).toBe(texts(present.map((name) => named[name]!).filter((each) => list.includes(each))));
      }
      expect(local.every(({ nodeName }) => nodeName === 'here')).toBe(true);
      if (cluster.length + local.length > 0) expect(hasEndpoints).toBe(true);
    }),
  );
});

function isTerminating(list: readonly Endpoint[]): boolean {
  return list.every((each) => each.terminating);
}
