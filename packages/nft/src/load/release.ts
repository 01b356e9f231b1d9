import type { Frontend, PlanChange, ServiceKey, ServicePlan, ServicePortPlan } from '@nftproxier/core';

/**
 * What a service may keep while its wanted plan is refused: what it holds, without the frontends that it no longer asks
 * for or that belong to another service now. Plans never claim one frontend twice, so that whoever has it now can add it.
 */
export function keptOf(held: ServicePlan | undefined, wanted: ServicePlan | undefined): ServicePlan | undefined {
  if (held === undefined || wanted === undefined) return undefined;
  const asked = new Set(frontendsOf(wanted));
  const ports = held.ports.flatMap((port): ServicePortPlan[] => {
    const frontends = port.frontends.filter((frontend) => asked.has(identityOf(port, frontend)));
    if (frontends.length === port.frontends.length) return [port];
    return frontends.length === 0 ? [] : [{ ...port, frontends }];
  });
  return { ...held, ports };
}

/**
 * Changes in groups that have to be made together: a frontend that moves is deleted by one change and added by another.
 * Changes that have nothing to do with each other are groups of their own, in the order given.
 */
export function dependentGroups(
  changes: readonly PlanChange[],
  heldOf: (service: ServiceKey) => ServicePlan | undefined,
): readonly (readonly PlanChange[])[] {
  const leaders = new Map<PlanChange, PlanChange>();
  const leaderOf = (change: PlanChange): PlanChange => {
    let leader = change;
    for (let next = leaders.get(leader); next !== undefined; next = leaders.get(leader)) leader = next;
    return leader;
  };
  const holders = new Map<string, PlanChange>();
  for (const change of changes) {
    for (const frontend of frontendsOf(heldOf(change.service))) holders.set(frontend, change);
  }
  for (const change of changes) {
    for (const frontend of frontendsOf(change.plan)) {
      const holder = leaderOf(holders.get(frontend) ?? change);
      const own = leaderOf(change);
      if (holder !== own) leaders.set(own, holder);
    }
  }
  const groups = new Map<PlanChange, PlanChange[]>();
  for (const change of changes) {
    const leader = leaderOf(change);
    groups.set(leader, [...(groups.get(leader) ?? []), change]);
  }
  return [...groups.values()];
}

function frontendsOf(plan: ServicePlan | undefined): readonly string[] {
  return (plan?.ports ?? []).flatMap((port) => port.frontends.map((frontend) => identityOf(port, frontend)));
}

/** Of what only one service can have. */
function identityOf({ family, protocol }: ServicePortPlan, frontend: Frontend): string {
  const where = frontend.kind === 'NodePort' ? family : frontend.address;
  return `${where} ${protocol} ${String(frontend.port)}`;
}
