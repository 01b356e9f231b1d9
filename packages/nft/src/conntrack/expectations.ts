import type { Address, Cidr, Family, Protocol, ServicePlan, ServicePortPlan } from '@nftproxier/core';
import { finish } from '../table/steps.js';

/** A Service whose plan in the table changed: undefined before it was there, and after it was deleted. */
export interface PlanTransition {
  /** The plan the table held. */
  readonly before: ServicePlan | undefined;
  /** The plan the table holds now. */
  readonly after: ServicePlan | undefined;
}

/** What flows to one frontend have to be like to go on. */
export type Expectation = ExpectedFrontend &
  (
    | {
        /** They lead to one of these endpoints, as {@link endpointText} writes them; if there is none, all flows are stale. */
        readonly kind: 'endpoints';
        readonly endpoints: ReadonlySet<string>;
      }
    | {
        /** No Service has the frontend any more: what was sent somewhere else than to its own address is stale. */
        readonly kind: 'gone';
      }
    | {
        /** NAT was not there for a while: a handshake that was sent to the frontend's own address gets no answer there. */
        readonly kind: 'natted';
      }
  );

/** Which frontend an {@link Expectation} is about. */
export interface ExpectedFrontend {
  /** Of its address, or of the addresses it is a node port of. */
  readonly family: Family;
  /** UDP or SCTP; TCP after a time without NAT. */
  readonly protocol: Protocol;
  /** Undefined for a node port: on every address of this node that is open for node ports. */
  readonly address: Address | undefined;
}

/** What is expected of the flows that the kernel tracks. */
export interface Expectations {
  /** By frontend, as {@link addressKey} and {@link nodePortKey} write it. */
  readonly frontends: ReadonlyMap<string, Expectation>;
  /** Ranges in which every frontend there is can be found above: flows to any other that were redirected are stale. */
  readonly ranges: readonly Cidr[];
}

/** Nothing is expected: no flow is stale, and none needs to be looked at. */
export const noExpectations: Expectations = { frontends: new Map(), ranges: [] };

/** Whether no flow can be stale. */
export function isEmpty({ frontends, ranges }: Expectations): boolean {
  return frontends.size === 0 && ranges.length === 0;
}

/** A frontend that is an address and port. */
export function addressKey(protocol: Protocol, address: Address, port: number): string {
  return `${protocol} ${address} ${String(port)}`;
}

/** A frontend that is a node port. */
export function nodePortKey(protocol: Protocol, family: Family, port: number): string {
  return `${protocol} ${family} ${String(port)}`;
}

/** An endpoint's address and port as one text. */
export function endpointText(address: Address, port: number): string {
  return `${address} ${String(port)}`;
}

/**
 * What is to be expected after plans changed, of UDP and SCTP flows. TCP connections are left alone: they end by
 * themselves, and those to a terminating endpoint are meant to.
 *
 * A frontend is expected something of where flows can have become stale:
 * - it lost an endpoint, or all of them;
 * - it got its first endpoints: flows from before lead nowhere, and would for as long as the client sends;
 * - no Service has it any more, or another one has it now.
 *
 * An endpoint more, other policies or nothing new make no flow stale. `pending` is what was expected and not yet seen to:
 * it stays, as far as nothing newer is known of the same frontend.
 */
export function expectationsOf(changes: Iterable<PlanTransition>, pending = noExpectations): Expectations {
  const frontends = new Map(pending.frontends);
  const known = [...changes].map(({ before, after }) => ({ before: frontendsOf(before), after: frontendsOf(after) }));
  // First what is gone: a frontend may have moved from one Service to another.
  for (const { before, after } of known) {
    for (const [key, { family, protocol, address }] of before) {
      if (!after.has(key)) frontends.set(key, { family, protocol, address, kind: 'gone' });
    }
  }
  for (const { before, after } of known) {
    for (const [key, expectation] of after) {
      if (frontends.has(key) || isNews(before.get(key), expectation)) frontends.set(key, expectation);
    }
  }
  return { frontends, ranges: pending.ranges };
}

/**
 * What is to be expected where nothing is known of what was before: of every frontend for UDP and SCTP, and of `ranges`,
 * from which cluster IPs are taken and nothing else.
 */
export function expectationsOfAll(plans: Iterable<ServicePlan>, ranges: readonly Cidr[] = []): Expectations {
  return finish(expectingAll(plans, ranges));
}

/** {@link expectationsOfAll}, one plan at each step; after a time without NAT, {@link unNattedFlows} as well. */
export function* expectingAll(
  plans: Iterable<ServicePlan>,
  ranges: readonly Cidr[],
  { unNatted = false } = {},
): Generator<undefined, Expectations> {
  const frontends = new Map<string, Expectation>();
  for (const plan of plans) {
    for (const [key, expectation] of frontendsOf(plan)) frontends.set(key, expectation);
    if (unNatted) addUnNatted(frontends, plan);
    yield;
  }
  return { frontends, ranges };
}

/**
 * What is to be expected of TCP after a time in which NAT was gone: a handshake that began then was not redirected, and
 * neither are its retransmissions, until it is forgotten. Of addresses that have endpoints; on node ports the node itself
 * has answered.
 */
export function unNattedFlows(plans: Iterable<ServicePlan>): Expectations {
  const frontends = new Map<string, Expectation>();
  for (const plan of plans) addUnNatted(frontends, plan);
  return { frontends, ranges: [] };
}

function addUnNatted(to: Map<string, Expectation>, plan: ServicePlan): void {
  for (const { family, protocol, frontends, cluster, local } of plan.ports) {
    if (protocol !== 'TCP' || cluster.length + local.length === 0) continue;
    for (const frontend of frontends) {
      if (frontend.kind === 'NodePort') continue;
      const { address, port } = frontend;
      to.set(addressKey(protocol, address, port), { family, protocol, address, kind: 'natted' });
    }
  }
}

/** Both, the later ones where they are about the same frontend. */
export function mergeExpectations(earlier: Expectations, later: Expectations): Expectations {
  return {
    frontends: new Map([...earlier.frontends, ...later.frontends]),
    ranges: [...new Set([...earlier.ranges, ...later.ranges])],
  };
}

type Serving = Extract<Expectation, { kind: 'endpoints' }>;

function frontendsOf(plan: ServicePlan | undefined): ReadonlyMap<string, Serving> {
  const frontends = new Map<string, Serving>();
  for (const port of plan?.ports ?? []) {
    if (port.protocol === 'TCP') continue;
    const endpoints = endpointsOf(port);
    const { family, protocol } = port;
    for (const frontend of port.frontends) {
      const address = frontend.kind === 'NodePort' ? undefined : frontend.address;
      const key =
        address === undefined
          ? nodePortKey(protocol, family, frontend.port)
          : addressKey(protocol, address, frontend.port);
      frontends.set(key, { family, protocol, address, kind: 'endpoints', endpoints });
    }
  }
  return frontends;
}

function endpointsOf({ serving }: ServicePortPlan): ReadonlySet<string> {
  return new Set(serving.map(({ address, port }) => endpointText(address, port)));
}

function isNews(before: Serving | undefined, after: Serving): boolean {
  if (before === undefined || before.endpoints.size === 0) return after.endpoints.size > 0;
  return [...before.endpoints].some((endpoint) => !after.endpoints.has(endpoint));
}
