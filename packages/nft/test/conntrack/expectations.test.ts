import { parseCidr } from '@nftproxier/core';
import type { ServicePlan } from '@nftproxier/core';
import { describe, expect, it } from 'vitest';
import {
  expectationsOf,
  expectationsOfAll,
  mergeExpectations,
  noExpectations,
  unNattedFlows,
} from '../../src/conntrack/index.js';
import type { Expectations } from '../../src/conntrack/index.js';
import { planOf } from './plans.js';
import type { PortFields } from './plans.js';

const one = '10.244.0.1:5353';
const two = '10.244.0.2:5353';
const dns = (fields: Partial<PortFields>): ServicePlan =>
  planOf('dns', { clusterIP: '10.96.0.10', port: 53, ...fields });

/** By frontend: endpoints, or the kind. */
function shown({ frontends }: Expectations): Record<string, unknown> {
  return Object.fromEntries(
    [...frontends].map(([key, expectation]) => [
      key,
      expectation.kind === 'endpoints' ? [...expectation.endpoints] : expectation.kind,
    ]),
  );
}

function after(before: ServicePlan | undefined, plan: ServicePlan | undefined): Record<string, unknown> {
  return shown(expectationsOf([{ before, after: plan }]));
}

describe('nothing is expected, so nothing is run', () => {
  it.each<[string, ServicePlan | undefined, ServicePlan | undefined]>([
    ['nothing changes', dns({ endpoints: [one] }), dns({ endpoints: [one] })],
    ['an endpoint is added to others', dns({ endpoints: [one] }), dns({ endpoints: [one, two] })],
    ['a Service without endpoints is new', undefined, dns({})],
    ['a Service has no endpoints still', dns({}), dns({})],
    ['a TCP port loses an endpoint', dns({ protocol: 'TCP', endpoints: [one] }), dns({ protocol: 'TCP' })],
    ['a TCP Service goes', dns({ protocol: 'TCP', endpoints: [one] }), undefined],
  ])('when %s', (_, before, plan) => {
    expect(after(before, plan)).toEqual({});
  });
});

describe('flows are looked at', () => {
  const key = 'UDP 10.96.0.10 53';
  it.each<[string, ServicePlan | undefined, ServicePlan | undefined, Record<string, unknown>]>([
    ['an endpoint is replaced', dns({ endpoints: [one] }), dns({ endpoints: [two] }), { [key]: ['10.244.0.2 5353'] }],
    ['one of two goes', dns({ endpoints: [one, two] }), dns({ endpoints: [two] }), { [key]: ['10.244.0.2 5353'] }],
    [
      'its port changes',
      dns({ endpoints: [one] }),
      dns({ endpoints: ['10.244.0.1:99'] }),
      { [key]: ['10.244.0.1 99'] },
    ],
    ['the last one goes', dns({ endpoints: [one] }), dns({}), { [key]: [] }],
    ['the first one comes', dns({}), dns({ endpoints: [one] }), { [key]: ['10.244.0.1 5353'] }],
    ['a Service with endpoints is new', undefined, dns({ endpoints: [one] }), { [key]: ['10.244.0.1 5353'] }],
    ['a Service goes', dns({ endpoints: [one] }), undefined, { [key]: 'gone' }],
    ['a Service without endpoints goes', dns({}), undefined, { [key]: 'gone' }],
    [
      'SCTP loses an endpoint',
      dns({ protocol: 'SCTP', endpoints: [one] }),
      dns({ protocol: 'SCTP' }),
      { 'SCTP 10.96.0.10 53': [] },
    ],
    [
      'the port changes',
      dns({ endpoints: [one] }),
      dns({ endpoints: [one], port: 54 }),
      { [key]: 'gone', 'UDP 10.96.0.10 54': ['10.244.0.1 5353'] },
    ],
    [
      'UDP becomes TCP',
      dns({ endpoints: [one], nodePort: 30053 }),
      dns({ endpoints: [one], nodePort: 30053, protocol: 'TCP' }),
      { [key]: 'gone', 'UDP IPv4 30053': 'gone' },
    ],
    [
      'addresses and a node port come: only there',
      dns({ endpoints: [one], outside: ['192.0.2.1'] }),
      dns({ endpoints: [one], outside: ['192.0.2.2'], nodePort: 30053 }),
      { 'UDP 192.0.2.1 53': 'gone', 'UDP 192.0.2.2 53': ['10.244.0.1 5353'], 'UDP IPv4 30053': ['10.244.0.1 5353'] },
    ],
  ])('when %s', (_, before, plan, expected) => {
    expect(after(before, plan)).toEqual(expected);
  });

  it('when a frontend moves to another Service, in whatever order', () => {
    const other = planOf('other', { clusterIP: '10.96.0.10', port: 53, endpoints: [two] });
    const waiting = planOf('other', { clusterIP: '10.96.0.10', port: 53, endpoints: [two], isTaken: true });
    const changes = [
      { before: dns({ endpoints: [one] }), after: undefined },
      { before: waiting, after: other },
    ];
    for (const order of [changes, changes.toReversed()]) {
      expect(shown(expectationsOf(order))).toEqual({ [key]: ['10.244.0.2 5353'] });
    }
  });
});

describe('what is pending', () => {
  const pending = expectationsOf([{ before: dns({ endpoints: [one] }), after: dns({ endpoints: [two] }) }]);

  it('stays', () => {
    const other = planOf('other', { clusterIP: '10.96.0.20', port: 53, endpoints: [one] });
    expect(shown(expectationsOf([{ before: undefined, after: other }], pending))).toEqual({
      'UDP 10.96.0.10 53': ['10.244.0.2 5353'],
      'UDP 10.96.0.20 53': ['10.244.0.1 5353'],
    });
  });

  it('knows of an endpoint that was only added', () => {
    const changes = [{ before: dns({ endpoints: [two] }), after: dns({ endpoints: [two, one] }) }];
    expect(shown(expectationsOf(changes, pending))).toEqual({
      'UDP 10.96.0.10 53': ['10.244.0.2 5353', '10.244.0.1 5353'],
    });
  });

  it('knows that a frontend is gone, and that it is back', () => {
    const gone = expectationsOf([{ before: dns({ endpoints: [two] }), after: undefined }], pending);
    expect(shown(gone)).toEqual({ 'UDP 10.96.0.10 53': 'gone' });
    expect(shown(expectationsOf([{ before: undefined, after: dns({}) }], gone))).toEqual({ 'UDP 10.96.0.10 53': [] });
  });
});

describe('where nothing is known of before', () => {
  const plans = [
    dns({ endpoints: [one], nodePort: 30053 }),
    planOf('empty', { clusterIP: '10.96.0.20', port: 53 }),
    planOf('web', { clusterIP: '10.96.0.30', port: 80, protocol: 'TCP', endpoints: [one], nodePort: 30080 }),
    planOf('idle', { clusterIP: '10.96.0.40', port: 80, protocol: 'TCP' }),
  ];

  it('everything is expected of UDP and SCTP', () => {
    const range = parseCidr('10.96.0.0/16')!;
    const all = expectationsOfAll(plans, [range]);
    expect(shown(all)).toEqual({
      'UDP 10.96.0.10 53': ['10.244.0.1 5353'],
      'UDP IPv4 30053': ['10.244.0.1 5353'],
      'UDP 10.96.0.20 53': [],
    });
    expect(mergeExpectations(all, noExpectations)).toEqual(all);
    expect(expectationsOf([], all).ranges).toEqual([range]);
  });

  it('and after a gap, of TCP at addresses that have endpoints', () => {
    expect(shown(unNattedFlows(plans))).toEqual({ 'TCP 10.96.0.30 80': 'natted' });
  });
});
