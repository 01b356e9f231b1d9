import type { Decision, Family, ServicePlan, ServicePortPlan } from '@nftproxier/core';

/** A traffic policy, in the words of kube-proxy's metric. */
export type PolicyLabel = 'internal' | 'external';

/** Service ports with a Local policy that have endpoints, but none on this node: counted as plans come and go. */
export class NoLocalEndpoints {
  readonly #counts = new Map<string, number>();

  /** Takes the change of one Service into account. */
  change(before: ServicePlan | undefined, after: ServicePlan | undefined): void {
    for (const port of before?.ports ?? []) this.#add(port, -1);
    for (const port of after?.ports ?? []) this.#add(port, 1);
  }

  count(policy: PolicyLabel, family: Family): number {
    return this.#counts.get(`${policy} ${family}`) ?? 0;
  }

  #add(port: ServicePortPlan, change: 1 | -1): void {
    for (const policy of policiesWithout(port)) {
      const key = `${policy} ${port.family}`;
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + change);
    }
  }
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
