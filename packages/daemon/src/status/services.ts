import type {
  Algorithm,
  Backend,
  Diagnostic,
  Family,
  Frontend,
  Protocol,
  ServiceKey,
  ServicePlan,
} from '@nftproxier/core';
import { endpointKey } from '@nftproxier/nft';
import type { ConnectionCount } from '@nftproxier/nft';
import { describe } from './history.js';
import type { RunningProxy } from './running.js';

/**
 * How a Service stands in the kernel. `served`: as planned. `pending`: the next sync writes it. `refused`: nft or the
 * kernel refused its latest change; what it had before stays in force.
 */
export type ServiceState = 'served' | 'pending' | 'refused';

/** An address and port at which a Service is reached; a node port has no address of its own. */
export interface FrontendSummary {
  readonly kind: Frontend['kind'];
  readonly address?: string;
  readonly port: number;
  readonly protocol: Protocol;
}

/** A Service in a list. */
export interface ServiceSummary {
  readonly service: ServiceKey;
  readonly state: ServiceState;
  /** At most 8, in the order of its ports. */
  readonly frontends: readonly FrontendSummary[];
  /** Frontends beyond those. */
  readonly moreFrontends: number;
  /** Distinct endpoints (address and port) that traffic may be sent to. */
  readonly endpoints: number;
  /** Those of them on this node. */
  readonly localEndpoints: number;
  /** Problems in its objects. */
  readonly diagnostics: number;
}

/** A refusal. */
export interface Quarantined {
  readonly service: ServiceKey;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  /** Stable code of the error, such as `NFT_REFUSED`. */
  readonly code: string;
  readonly message: string;
  /** Whether an earlier state of it is still served. */
  readonly servesEarlierState: boolean;
}

/** A port of a Service with its endpoints, each list cut. */
export interface PortDetail {
  readonly portName: string;
  readonly protocol: Protocol;
  readonly family: Family;
  readonly frontends: readonly Frontend[];
  /** Seconds that a client stays with its endpoint; absent without session affinity. */
  readonly affinitySeconds?: number;
  readonly algorithm: Algorithm;
  readonly cluster: SlotList;
  readonly local: SlotList;
}

/** Endpoints by slot, as the kernel serves them: slot numbers are indexes. */
export interface SlotList {
  readonly total: number;
  readonly backends: readonly SlotDetail[];
}

/** An endpoint, with its new connections of all Services together where endpoints are counted and it has been read. */
export interface SlotDetail extends Backend {
  readonly counted?: ConnectionCount;
}

/** A Service as the kernel serves it. */
export interface ServiceDetail extends ServiceSummary {
  /** Why it is refused. */
  readonly refusal?: Quarantined;
  /** Its new connections; absent where they are not counted, or have not been read yet. */
  readonly counted?: ConnectionCount;
  /** As served, which is older than planned while the Service is pending or refused. */
  readonly ports: readonly PortDetail[];
  readonly problems: readonly Diagnostic[];
}

const mostFrontends = 8;

/** The part of a running proxy that services are read from. */
export type Services = Pick<RunningProxy, 'cluster' | 'loader' | 'history'>;

/** What one Service is shown from. */
export type CountedServices = Services & Pick<RunningProxy, 'counters'>;

/** How a planned Service stands. Plans are compared as objects: the table's model holds the very plan it was given. */
function stateOf({ loader }: Pick<Services, 'loader'>, plan: ServicePlan): ServiceState {
  if (loader.refused.has(plan.service)) return 'refused';
  return loader.model?.planOf(plan.service) === plan ? 'served' : 'pending';
}

/** A Service in a list. */
export function summaryOf(proxy: Pick<Services, 'loader'>, plan: ServicePlan): ServiceSummary {
  const frontends = plan.ports.flatMap((port) => port.frontends.map((frontend) => frontendOf(frontend, port.protocol)));
  const backends = new Map<string, boolean>();
  for (const { protocol, cluster, local } of plan.ports) {
    for (const backend of [...cluster, ...local]) {
      backends.set(`${backend.address} ${String(backend.port)} ${protocol}`, backend.local);
    }
  }
  return {
    service: plan.service,
    state: stateOf(proxy, plan),
    frontends: frontends.slice(0, mostFrontends),
    moreFrontends: Math.max(0, frontends.length - mostFrontends),
    endpoints: backends.size,
    localEndpoints: [...backends.values()].filter(Boolean).length,
    diagnostics: plan.diagnostics.length,
  };
}

function frontendOf(frontend: Frontend, protocol: Protocol): FrontendSummary {
  const { kind, port } = frontend;
  return kind === 'NodePort' ? { kind, port, protocol } : { kind, address: frontend.address, port, protocol };
}

/** One Service with at most so many endpoints of each list; undefined where there is none of this name. */
export function detailOf(proxy: CountedServices, key: string, mostEndpoints: number): ServiceDetail | undefined {
  const service = key as ServiceKey;
  const plan = proxy.cluster().planner.plans.get(service);
  if (plan === undefined) return undefined;
  const { model } = proxy.loader;
  const { byService, byEndpoint } = proxy.counters.reader;
  const served = model?.planOf(service);
  const slots = model?.slotsOf(service) ?? [];
  const cut = (protocol: Protocol, backends: readonly Backend[] = []): SlotList => ({
    total: backends.length,
    backends: backends.slice(0, mostEndpoints).map((backend) => {
      const { address, port } = backend;
      const counted = byEndpoint.get(endpointKey({ address, port, protocol: protocol.toLowerCase() }));
      return { ...backend, ...countOf(counted) };
    }),
  });
  const refusal = quarantinedOf(proxy, service);
  return {
    ...summaryOf(proxy, plan),
    ...(refusal === undefined ? {} : { refusal }),
    ...countOf(byService.get(service)),
    ports: (served?.ports ?? []).map(
      ({ portName, protocol, family, frontends, affinity, algorithm }, index): PortDetail => ({
        portName,
        protocol,
        family,
        frontends,
        algorithm,
        ...(affinity === undefined ? {} : { affinitySeconds: affinity.timeoutSeconds }),
        cluster: cut(protocol, slots[index]?.cluster),
        local: cut(protocol, slots[index]?.local),
      }),
    ),
    problems: plan.diagnostics,
  };
}

function countOf(count: ConnectionCount | undefined): { readonly counted?: ConnectionCount } {
  if (count === undefined) return {};
  const { connections, perSecond } = count;
  return { counted: { connections, perSecond } };
}

/** Why a Service is refused; undefined if it is not. */
export function quarantinedOf({ loader, history }: Services, service: ServiceKey): Quarantined | undefined {
  const refused = loader.refused.get(service);
  if (refused === undefined) return undefined;
  return {
    service,
    since: history.refusedSince(service),
    ...describe(refused.error),
    servesEarlierState: loader.model?.planOf(service) !== undefined,
  };
}
