import type { Decision, Family, ServiceKey, ServicePlan, ServicePortPlan } from '@nftproxier/core';

/** A traffic policy, in the words of kube-proxy's metric. */
export type PolicyLabel = 'internal' | 'external';

/** What one Service adds to the totals. */
interface Tally {
  readonly endpoints: number;
  /** For each service port and policy that drops for want of local endpoints, `policy family`. */
  readonly withoutLocal: readonly string[];
}

/**
 * Totals over what is served, kept up to date with the work of the Services that change. What each Service added is
 * remembered: after a table was lost nobody else knows.
 */
export class ServiceTallies {
  readonly #services = new Map<ServiceKey, Tally>();
  readonly #withoutLocal = new Map<string, number>();
  #endpoints = 0;

  /** A Service is served by this plan from now on, or not at all. */
  set(service: ServiceKey, plan: ServicePlan | undefined): void {
    this.#add(this.#services.get(service), -1);
    this.#services.delete(service);
    if (plan === undefined || plan.ports.length === 0) return;
    const tally = tallyOf(plan);
    this.#services.set(service, tally);
    this.#add(tally, 1);
  }

  /** Endpoints that service ports lead to: one that serves two ports counts twice. */
  get endpoints(): number {
    return this.#endpoints;
  }

  /** Service ports with a Local policy that have endpoints, but none on this node. */
  withoutLocalEndpoints(policy: PolicyLabel, family: Family): number {
    return this.#withoutLocal.get(`${policy} ${family}`) ?? 0;
  }

  #add(tally: Tally | undefined, sign: 1 | -1): void {
    if (tally === undefined) return;
    this.#endpoints += sign * tally.endpoints;
    for (const key of tally.withoutLocal) this.#withoutLocal.set(key, (this.#withoutLocal.get(key) ?? 0) + sign);
  }
}

const none: readonly never[] = [];

function tallyOf({ ports }: ServicePlan): Tally {
  const withoutLocal = ports.flatMap((port) => [...policiesWithout(port)].map((policy) => `${policy} ${port.family}`));
  return {
    endpoints: ports.reduce((sum, port) => sum + endpointsOf(port), 0),
    withoutLocal: withoutLocal.length === 0 ? none : withoutLocal,
  };
}

function endpointsOf({ cluster, local }: ServicePortPlan): number {
  if (cluster.length === 0 || local.length === 0) return cluster.length + local.length;
  const seen = new Set(cluster.map(({ address, port }) => `${address} ${String(port)}`));
  return cluster.length + local.filter(({ address, port }) => !seen.has(`${address} ${String(port)}`)).length;
}

function policiesWithout({ frontends }: ServicePortPlan): ReadonlySet<PolicyLabel> {
  const isDropped = ({ kind }: Decision): boolean => kind === 'drop';
  return new Set(
    frontends.flatMap(({ kind, outcome }) => {
      if (!isDropped(outcome.outside)) return [];
      return kind === 'ClusterIP' ? 'internal' : 'external';
    }),
  );
}
