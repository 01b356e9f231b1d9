import { chooseEndpoints, hintVerdict, isExternallyReachable, sharesOf } from '../balance/index.js';
import type { EndpointChoice, HintVerdict, Place } from '../balance/index.js';
import { algorithmOf } from '../model/index.js';
import type { Algorithm, Endpoint, NodeView, ServiceModel, ServicePort, SliceModel } from '../model/index.js';
import type { Family, Protocol } from '../net/index.js';
import { endpointsOf } from '../translate/index.js';

/** What a zone gets of the connections of a service port. */
export interface ZoneShare {
  /** Empty: of endpoints without a zone. */
  readonly zone: string;
  /** Endpoints of the zone that may be chosen. */
  readonly endpoints: number;
  /** From 0 to 1: of new connections that may go to any node. */
  readonly share: number;
}

/** Where connections from one place go. */
export interface PlaceDistribution {
  /** The zone that clients are in; empty: a Node without a zone. */
  readonly from: string;
  /** Whether hints narrow the choice there, and if not, why. */
  readonly hints: HintVerdict;
  /** Sorted by zone; empty where there is no endpoint. */
  readonly to: readonly ZoneShare[];
}

/** Which zones the connections of a service port go to, in one family. */
export interface PortDistribution {
  /** `spec.ports[].name`. */
  readonly portName: string;
  /** Of the port. */
  readonly protocol: Protocol;
  /** Of the port. */
  readonly family: Family;
  /** How an endpoint is chosen. */
  readonly algorithm: Algorithm;
  /** From this node. */
  readonly here: PlaceDistribution;
  /** From a node of each zone that endpoints are in or are meant for, without hints for nodes. Sorted by zone. */
  readonly zones: readonly PlaceDistribution[];
}

/** Everything that a distribution is made from. */
export interface DistributionInput {
  /** The Service, read. */
  readonly service: ServiceModel;
  /** Its EndpointSlices, in any order. */
  readonly slices: readonly SliceModel[];
  /** The node that `here` is about. */
  readonly node: NodeView;
}

/**
 * Which share of a Service's new connections each zone gets under the hints in force, and why a hint is not honoured:
 * what a client on this node meets, and what one in each zone does.
 */
export function distributionOf({ service, slices, node }: DistributionInput): readonly PortDistribution[] {
  return service.ports
    .filter(({ family }) => node.families.includes(family))
    .map((port) => {
      const endpoints = endpointsOf(slices, port);
      const algorithm = algorithmOf(port.balancing, node.balancing);
      const from = (place: Place): PlaceDistribution => distributionFrom(place, endpoints, port, algorithm);
      const zones = new Set(endpoints.flatMap(({ zone = '', zoneHints }) => [zone, ...zoneHints]));
      return {
        portName: port.portName,
        protocol: port.protocol,
        family: port.family,
        algorithm,
        here: from(node),
        zones: [...zones]
          .filter((zone) => zone !== '')
          .sort()
          .map((zone) => from({ name: '', zone })),
      };
    });
}

function distributionFrom(
  place: Place,
  endpoints: readonly Endpoint[],
  port: ServicePort,
  algorithm: Algorithm,
): PlaceDistribution {
  const choice = chooseEndpoints(endpoints, port, place);
  const leaves = port.internalTrafficPolicy === 'Cluster' || isExternallyReachable(port);
  const verdict = hintVerdict(endpoints, place, leaves ? choice.topology : undefined);
  return { from: place.zone, hints: verdict, to: zoneShares(choice, algorithm) };
}

function zoneShares({ cluster }: EndpointChoice, algorithm: Algorithm): readonly ZoneShare[] {
  const zones = new Map<string, { endpoints: number; share: number }>();
  for (const { endpoint, share } of sharesOf(cluster, algorithm)) {
    const zone = zones.get(endpoint.zone ?? '') ?? { endpoints: 0, share: 0 };
    zones.set(endpoint.zone ?? '', { endpoints: zone.endpoints + 1, share: zone.share + share });
  }
  return [...zones].sort(([a], [b]) => (a < b ? -1 : 1)).map(([zone, shares]) => ({ zone, ...shares }));
}
