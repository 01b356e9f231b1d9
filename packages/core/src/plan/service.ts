import type { Cidr, Family } from '../net/index.js';
import { chooseEndpoints, isOn } from '../balance/index.js';
import { algorithmOf } from '../model/index.js';
import type { Endpoint, NodeView, ServiceModel, ServicePort, SliceModel } from '../model/index.js';
import { endpointsOf } from '../translate/index.js';
import { Findings } from '../translate/fields.js';
import { allowedSourcesOf, frontendsOf } from './frontends.js';
import type { ClaimHolder } from './frontends.js';
import { externalOutcome, internalOutcome } from './outcome.js';
import type { Backend, HealthCheck, ServicePlan, ServicePortPlan } from './plan.js';

/**
 * Most pairs of a port and an endpoint in one family that a Service may have: each is an element of the table. Many ports
 * leave room for fewer endpoints; a Service of ten ports has 20,000.
 */
const mostServicePairs = 200_000;

/** Everything that the plan of a Service is made from, and nothing else. */
export interface ServiceInput {
  /** The Service, read. */
  readonly service: ServiceModel;
  /** Its EndpointSlices, in any order. */
  readonly slices: readonly SliceModel[];
  /** The node the plan is for. */
  readonly node: NodeView;
  /** Which other Service keeps an address or node port from this one. */
  readonly holderOf: ClaimHolder;
}

/** The plan of one Service for one node: a function of its input alone, whatever happened before. */
export function planService({ service, slices, node, holderOf }: ServiceInput): ServicePlan {
  const inOrder = [...slices].sort((a, b) => (a.key < b.key ? -1 : 1));
  const conflicts = new Findings('Service', service.namespace, service.name);
  const localReady = new Map<Family, Set<string>>(node.families.map((family) => [family, new Set()]));
  const sources = new Map<Family, readonly Cidr[]>();
  const ports: ServicePortPlan[] = [];
  const mostEndpoints = Math.floor(mostServicePairs / Math.max(1, service.ports.length));
  for (const asked of service.ports) {
    if (!node.families.includes(asked.family)) continue;
    const port: ServicePort = node.allowExternalIPs ? asked : { ...asked, externalIPs: [] };
    const endpoints = conflicts.firstOf(mostEndpoints, endpointsOf(inOrder, port), `spec.ports[${port.portName}]`);
    for (const endpoint of endpoints) {
      if (endpoint.ready && isOn(endpoint, node)) localReady.get(port.family)?.add(endpoint.address);
    }
    const allowedSources = sources.get(port.family) ?? allowedSourcesOf(port, node);
    sources.set(port.family, allowedSources);
    ports.push(planPort(port, endpoints, node, allowedSources, holderOf, conflicts));
  }
  const { diagnostics } = service;
  return {
    service: service.key,
    ports,
    healthCheck: healthCheckOf(service, localReady),
    diagnostics: [...diagnostics, ...inOrder.flatMap((slice) => slice.diagnostics), ...conflicts.diagnostics],
  };
}

function planPort(
  port: ServicePort,
  endpoints: readonly Endpoint[],
  node: NodeView,
  allowedSources: readonly Cidr[],
  holderOf: ClaimHolder,
  conflicts: Findings,
): ServicePortPlan {
  const choice = chooseEndpoints(endpoints, port, node);
  const outcomes = { internal: internalOutcome(port, choice, node), external: externalOutcome(port, choice, node) };
  const asBackend = interned(node);
  return {
    portName: port.portName,
    protocol: port.protocol,
    family: port.family,
    clusterIP: port.clusterIP,
    frontends: frontendsOf(port, outcomes, allowedSources, holderOf, conflicts),
    cluster: choice.cluster.map(asBackend),
    local: choice.local.map(asBackend),
    serving: port.protocol === 'TCP' ? noBackends : endpoints.filter(isServing).map(asBackend),
    algorithm: algorithmOf(port.balancing, node.balancing),
    affinity: port.affinity,
  };
}

const noBackends: readonly never[] = [];
const isServing = ({ ready, serving }: Endpoint): boolean => ready || serving;

/** A load balancer asks in one family: its endpoints are counted apart from the other's. */
function healthCheckOf(
  service: ServiceModel,
  addresses: ReadonlyMap<Family, ReadonlySet<string>>,
): HealthCheck | undefined {
  if (service.healthCheckNodePort === 0) return undefined;
  const counted = [...addresses]
    .filter(([family]) => service.ports.some((port) => port.family === family))
    .map(([family, { size }]) => [family, size] as const);
  return { nodePort: service.healthCheckNodePort, localEndpoints: Object.fromEntries(counted) };
}

/** An endpoint of both lists becomes one backend. */
function interned(node: NodeView): (endpoint: Endpoint) => Backend {
  const made = new Map<Endpoint, Backend>();
  return (endpoint) => {
    const known = made.get(endpoint);
    if (known !== undefined) return known;
    const { address, port, weight } = endpoint;
    const local = isOn(endpoint, node);
    const backend = weight === undefined ? { address, port, local } : { address, port, local, weight };
    made.set(endpoint, backend);
    return backend;
  };
}

/** The families a plan has something for. */
export function familiesOf(plan: ServicePlan): readonly Family[] {
  return [...new Set(plan.ports.map((port) => port.family))];
}
