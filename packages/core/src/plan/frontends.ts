import { collapse, contains, familyOf, parseCidr, widthOf } from '../net/index.js';
import type { Address, Cidr } from '../net/index.js';
import type { NodeView, ServiceKey, ServicePort } from '../model/index.js';
import type { Findings } from '../translate/fields.js';
import { addressClaim, apiServer, nodePortClaim, ownerClaim } from './claims.js';
import type { Claim } from './claims.js';
import type { Frontend, Outcome } from './plan.js';

/** Says which other Service comes first of those that ask for something; undefined, if none does. */
export type ClaimHolder = (claim: Claim) => ServiceKey | undefined;

/** What happens to connections of one service port: to its cluster IP, and to its other addresses and node port. */
export interface PortOutcomes {
  /** Of the cluster IP. */
  readonly internal: Outcome;
  /** Of external and load-balancer addresses and the node port. */
  readonly external: Outcome;
}

/**
 * The frontends of a service port: where it asks to be reached, without what another Service has already. An address that
 * it asks for twice is its cluster IP first, then its load balancer's, because source ranges must hold.
 */
export function frontendsOf(
  port: ServicePort,
  { internal, external }: PortOutcomes,
  allowedSources: readonly Cidr[],
  holderOf: ClaimHolder,
  findings: Findings,
): readonly Frontend[] {
  const isGranted = (holder: ServiceKey | undefined, field: string, what: string): boolean => {
    if (holder === undefined) return true;
    const owner = holder === apiServer ? holder : `Service ${holder}, which comes first`;
    const message = `${what} belongs to ${owner}; this Service does not get it`;
    findings.add('address-conflict', field, message);
    return false;
  };
  const isFree = (address: Address, field: string, isClusterIP: boolean): boolean => {
    const owner = isClusterIP ? undefined : holderOf(ownerClaim(address));
    const holder = owner ?? holderOf(addressClaim(address, port.protocol, port.port));
    return isGranted(holder, field, `${address} port ${String(port.port)}/${port.protocol}`);
  };
  const { clusterIP, nodePort, protocol, family } = port;
  const balanced = new Set(port.loadBalancerIPs);
  const frontends: Frontend[] = [];
  if (isFree(clusterIP, 'spec.clusterIPs', true)) {
    frontends.push({ kind: 'ClusterIP', address: clusterIP, port: port.port, outcome: internal, sourceRanges: anyone });
  }
  for (const address of port.externalIPs) {
    if (address === clusterIP || balanced.has(address) || !isFree(address, 'spec.externalIPs', false)) continue;
    frontends.push({ kind: 'ExternalIP', address, port: port.port, outcome: external, sourceRanges: anyone });
  }
  for (const address of balanced) {
    if (address === clusterIP || !isFree(address, 'status.loadBalancer.ingress', false)) continue;
    const sourceRanges = allowedSources;
    frontends.push({ kind: 'LoadBalancerIP', address, port: port.port, outcome: external, sourceRanges });
  }
  if (nodePort === 0) return frontends;
  const holder = holderOf(nodePortClaim(family, protocol, nodePort));
  if (isGranted(holder, 'spec.ports[].nodePort', `node port ${String(nodePort)}/${protocol}`)) {
    frontends.push({ kind: 'NodePort', port: nodePort, outcome: external });
  }
  return frontends;
}

const anyone: readonly never[] = [];

/**
 * Who may connect to the load-balancer addresses of a service port; empty: anyone. Where its source ranges allow this
 * node, they allow those addresses too: on a node that has one bound, the node talks to it with it as its source.
 */
export function allowedSourcesOf(port: ServicePort, node: Pick<NodeView, 'addresses'>): readonly Cidr[] {
  const { sourceRanges, loadBalancerIPs, family } = port;
  if (sourceRanges.length === 0 || loadBalancerIPs.length === 0) return anyone;
  const primary = node.addresses.find((address) => familyOf(address) === family);
  if (primary === undefined || !sourceRanges.some((range) => contains(range, primary))) return sourceRanges;
  const width = String(widthOf(family));
  return collapse([...sourceRanges, ...loadBalancerIPs.flatMap((address) => parseCidr(`${address}/${width}`) ?? [])]);
}
