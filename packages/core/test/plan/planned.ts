import { nodeView, Planner } from '@nftproxier/core';
import type { Decision, EndpointSlice, Frontend, NodeView, Outcome, Service, ServicePlan } from '@nftproxier/core';

/** The plan of one Service on the node `here`. */
export function planned(
  service: Service,
  slices: readonly EndpointSlice[],
  changes: Partial<NodeView> = {},
): ServicePlan {
  const planner = new Planner(nodeView('here', changes));
  planner.replaceServices([service]);
  planner.replaceEndpointSlices(slices);
  const [change] = planner.takeChanges();
  return change!.plan!;
}

/** The plans of several Services on the node `here`, by name. */
export function plansOf(
  services: readonly Service[],
  slices: readonly EndpointSlice[] = [],
  changes: Partial<NodeView> = {},
): Readonly<Record<string, ServicePlan>> {
  const planner = new Planner(nodeView('here', changes));
  planner.replaceServices(services);
  planner.replaceEndpointSlices(slices);
  planner.takeChanges();
  return Object.fromEntries([...planner.plans].map(([key, plan]) => [key.slice(key.indexOf('/') + 1), plan]));
}

/** `A` for all endpoints, `L` for local ones, with `+m` where masqueraded; or `reject`, `drop`. */
function decision(decided: Decision): string {
  if (decided.kind !== 'balance') return decided.kind;
  return `${decided.over === 'local' ? 'L' : 'A'}${decided.masquerade ? '+m' : ''}`;
}

/** The decisions for pods, the node and outside clients. */
export function decisions({ pods, node, outside }: Outcome): [string, string, string] {
  return [decision(pods), decision(node), decision(outside)];
}

/** `ClusterIP 10.96.0.1:80`, `NodePort 30080`. */
function frontendText(frontend: Frontend): string {
  const { kind, port } = frontend;
  return kind === 'NodePort' ? `${kind} ${String(port)}` : `${kind} ${frontend.address}:${String(port)}`;
}

/** The frontends of all ports of a plan. */
export function frontendTexts(plan: ServicePlan | undefined): string[] {
  return (plan?.ports ?? []).flatMap(({ frontends }) => frontends.map(frontendText));
}
