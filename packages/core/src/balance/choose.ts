import type { Endpoint, ServicePort } from '../model/index.js';

/** Where the choice is made: this node's name and zone. */
export interface Place {
  /** The Node's `metadata.name`: what `nodeName` and node hints of endpoints are compared with. */
  readonly name: string;
  /** The Node's label `topology.kubernetes.io/zone`; where it is empty, zone hints narrow nothing. */
  readonly zone: string;
}

/** Which hints of the EndpointSlice controller narrowed the cluster list. */
export type Topology = 'same-node' | 'same-zone' | 'none';

/** The endpoints that a service port may use on this node. */
export interface EndpointChoice {
  /** For traffic that may go to any node; empty if no traffic of the port may. */
  readonly cluster: readonly Endpoint[];
  /** For traffic that must stay on this node; empty if no traffic of the port must. */
  readonly local: readonly Endpoint[];
  /** Whether any endpoint anywhere could serve the port: decides between refusing a client and letting it retry. */
  readonly hasEndpoints: boolean;
  /** Which hints narrowed `cluster`; `none` also where that list is not made. */
  readonly topology: Topology;
}

/** Whether an endpoint is on a node. One without `nodeName` is on none. */
export function isOn(endpoint: Pick<Endpoint, 'nodeName'>, node: Pick<Place, 'name'>): boolean {
  return endpoint.nodeName !== '' && endpoint.nodeName === node.name;
}

/** Whether clients outside the cluster's own network can reach the port: it has a node port or an address for them. */
export function isExternallyReachable(
  port: Pick<ServicePort, 'nodePort' | 'loadBalancerIPs' | 'externalIPs'>,
): boolean {
  return port.nodePort !== 0 || port.loadBalancerIPs.length > 0 || port.externalIPs.length > 0;
}

/**
 * Chooses the endpoints of one service port for one node.
 *
 * An endpoint is *usable* if it is ready, or, as a fall-back, if it is terminating but still serving. Each list holds its
 * ready endpoints if there is one, otherwise its terminating ones; never a mixture.
 *
 * - The **cluster list** is made if some traffic may leave the node: the internal policy is Cluster, or clients outside
 *   can reach the port (an external policy Local still lets this node's own pods use every endpoint). Its ready endpoints
 *   are narrowed by topology; its terminating ones are not.
 * - The **local list** is made if some traffic must stay: the internal policy is Local, or the external one is and clients
 *   outside can reach the port. Topology does not touch it.
 * - **Topology** looks at ready endpoints only. If every one has a node hint and one names this node, those for this node
 *   are kept; else if every one has a zone hint and one names this node's zone, those for this zone are kept; else all
 *   are. One endpoint without a hint switches the narrowing off, because slices are not updated together.
 * - **hasEndpoints** is true if the cluster list has an endpoint or, where a local list is made, if any endpoint of the
 *   cluster is usable.
 *
 * The order of the endpoints given is kept.
 */
export function chooseEndpoints(endpoints: readonly Endpoint[], port: ServicePort, place: Place): EndpointChoice {
  const reachable = isExternallyReachable(port);
  const wantsCluster = port.internalTrafficPolicy === 'Cluster' || reachable;
  const wantsLocal = port.internalTrafficPolicy === 'Local' || (port.externalTrafficPolicy === 'Local' && reachable);
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  const terminating = endpoints.filter((endpoint) => !endpoint.ready && endpoint.serving && endpoint.terminating);

  const topology = wantsCluster ? topologyOf(ready, place) : 'none';
  const cluster = wantsCluster ? firstNonEmpty(narrow(ready, topology, place), terminating) : [];
  const isLocal = (endpoint: Endpoint): boolean => isOn(endpoint, place);
  const local = wantsLocal ? firstNonEmpty(ready.filter(isLocal), terminating.filter(isLocal)) : [];
  const hasEndpoints = cluster.length > 0 || (wantsLocal && (ready.length > 0 || terminating.length > 0));
  return { cluster, local, hasEndpoints, topology };
}

function topologyOf(ready: readonly Endpoint[], place: Place): Topology {
  if (areHinted(ready, (endpoint) => endpoint.nodeHints, place.name)) return 'same-node';
  if (place.zone !== '' && areHinted(ready, (endpoint) => endpoint.zoneHints, place.zone)) return 'same-zone';
  return 'none';
}

function areHinted(
  ready: readonly Endpoint[],
  hintsOf: (endpoint: Endpoint) => readonly string[],
  here: string,
): boolean {
  return (
    ready.every((endpoint) => hintsOf(endpoint).length > 0) &&
    ready.some((endpoint) => hintsOf(endpoint).includes(here))
  );
}

function narrow(ready: readonly Endpoint[], topology: Topology, place: Place): readonly Endpoint[] {
  switch (topology) {
    case 'same-node':
      return ready.filter((endpoint) => endpoint.nodeHints.includes(place.name));
    case 'same-zone':
      return ready.filter((endpoint) => endpoint.zoneHints.includes(place.zone));
    case 'none':
      return ready;
  }
}

function firstNonEmpty(first: readonly Endpoint[], second: readonly Endpoint[]): readonly Endpoint[] {
  return first.length > 0 ? first : second;
}
