import type { Address, Family } from '../net/index.js';
import { chooseEndpoints } from '../balance/index.js';
import type {
  Diagnostic,
  Endpoint,
  NodeView,
  ServiceKey,
  ServiceModel,
  ServicePort,
  SliceModel,
} from '../model/index.js';
import { endpointsOf } from '../translate/index.js';
import { addressClaim, nodePortClaim } from './claims.js';
import type { Claim } from './claims.js';
import { externalOutcome, internalOutcome } from './outcome.js';
import type { Backend, Frontend, HealthCheck, ServicePlan, ServicePortPlan } from './plan.js';

/** What a frontend is asked for as. */
export type FrontendKind = Frontend['kind'];

/** Says who has what another Service asks for too: undefined, if the asking Service may have it. */
export type ClaimHolder = (claim: Claim, kind: FrontendKind, address?: Address) => ServiceKey | undefined;

/** Everything that the plan of a Service is made from, and nothing else. */
export interface ServiceInput {
  readonly service: ServiceModel;
  readonly slices: readonly SliceModel[];
  readonly node: NodeView;
  readonly holderOf: ClaimHolder;
}

/** The plan of one Service for one node: a function of its input alone, whatever happened before. */
export function planService({ service, slices, node, holderOf }: ServiceInput): ServicePlan {
  const conflicts: Diagnostic[] = [];
  const localReady = new Set<string>();
  const ports: ServicePortPlan[] = [];
  for (const port of service.ports) {
    if (!node.families.includes(port.family)) continue;
    const endpoints = endpointsOf(slices, port);
    for (const { ready, nodeName, address } of endpoints) if (ready && nodeName === node.name) localReady.add(address);
    ports.push(planPort(service, port, endpoints, node, holderOf, conflicts));
  }
  const healthCheck: HealthCheck | undefined =
    service.healthCheckNodePort === 0
      ? undefined
      : { nodePort: service.healthCheckNodePort, localEndpoints: localReady.size };
  const diagnostics = [...service.diagnostics, ...slices.flatMap((slice) => slice.diagnostics), ...conflicts];
  return { service: service.key, ports, healthCheck, diagnostics };
}

function planPort(
  service: ServiceModel,
  port: ServicePort,
  endpoints: readonly Endpoint[],
  node: NodeView,
  holderOf: ClaimHolder,
  conflicts: Diagnostic[],
): ServicePortPlan {
  const choice = chooseEndpoints(endpoints, port, node);
  const asBackend = interned(node.name);
  const frontends: Frontend[] = [];
  const internal = internalOutcome(port, choice, node);
  const external = externalOutcome(port, choice, node);

  const granted = (claim: Claim, kind: FrontendKind, field: string, what: string, address?: Address): boolean => {
    const holder = holderOf(claim, kind, address);
    if (holder === undefined) return true;
    const { namespace, name } = service;
    const message = `${what} belongs to Service ${holder}, which comes first; this Service does not get it`;
    conflicts.push({ code: 'address-conflict', kind: 'Service', namespace, name, field, message });
    return false;
  };
  const addAddress = (kind: 'ClusterIP' | 'ExternalIP' | 'LoadBalancerIP', address: Address, field: string): void => {
    const claim = addressClaim(address, port.protocol, port.port);
    const duplicate = frontends.some((frontend) => frontend.kind !== 'NodePort' && frontend.address === address);
    if (duplicate || !granted(claim, kind, field, `${address} port ${String(port.port)}/${port.protocol}`, address))
      return;
    frontends.push({
      kind,
      address,
      port: port.port,
      outcome: kind === 'ClusterIP' ? internal : external,
      sourceRanges: kind === 'LoadBalancerIP' ? port.sourceRanges : noRanges,
    });
  };

  addAddress('ClusterIP', port.clusterIP, 'spec.clusterIPs');
  // An address that is both is the load balancer's: its source ranges must hold.
  const onlyExternal = port.externalIPs.filter((address) => !port.loadBalancerIPs.includes(address));
  if (node.allowExternalIPs) for (const address of onlyExternal) addAddress('ExternalIP', address, 'spec.externalIPs');
  for (const address of port.loadBalancerIPs) addAddress('LoadBalancerIP', address, 'status.loadBalancer.ingress');
  if (port.nodePort !== 0) {
    const claim = nodePortClaim(port.family, port.protocol, port.nodePort);
    if (granted(claim, 'NodePort', 'spec.ports[].nodePort', `node port ${String(port.nodePort)}/${port.protocol}`)) {
      frontends.push({ kind: 'NodePort', port: port.nodePort, outcome: external });
    }
  }
  return {
    portName: port.portName,
    protocol: port.protocol,
    family: port.family,
    clusterIP: port.clusterIP,
    frontends,
    cluster: choice.cluster.map(asBackend),
    local: choice.local.map(asBackend),
    algorithm: random,
    affinity: port.affinity,
  };
}

const noRanges: readonly never[] = [];
const random = { kind: 'random' } as const;

/** An endpoint of both lists becomes one backend. */
function interned(nodeName: string): (endpoint: Endpoint) => Backend {
  const made = new Map<Endpoint, Backend>();
  return (endpoint) => {
    const known = made.get(endpoint);
    if (known !== undefined) return known;
    const { address, port } = endpoint;
    const backend = { address, port, local: endpoint.nodeName !== '' && endpoint.nodeName === nodeName };
    made.set(endpoint, backend);
    return backend;
  };
}

/** The families a plan has something for. */
export function familiesOf(plan: ServicePlan): readonly Family[] {
  return [...new Set(plan.ports.map((port) => port.family))];
}
