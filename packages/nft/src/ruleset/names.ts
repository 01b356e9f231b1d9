import type { Family, Protocol } from '@nftproxier/core';

/** A family in names of sets and chains. */
export type FamilyDigit = '4' | '6';

/** A protocol as nft writes it. */
export type ProtocolWord = 'tcp' | 'udp' | 'sctp';

/** How slots are keyed: by the address and port a client asked for, or by the node port. */
export type SlotKey = 'address' | 'nodeport';

/** Which of a service port's endpoint lists. */
export type List = 'cluster' | 'local';

export function digitOf(family: Family): FamilyDigit {
  return family === 'IPv4' ? '4' : '6';
}

export function wordOf(protocol: Protocol): ProtocolWord {
  return protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : 'sctp';
}

/** What the sets and maps of one family hold, and their names. */
export interface SetNames {
  /** All cluster IPs, with or without endpoints. */
  readonly clusterIPs: string;
  /** The ranges that cluster IPs are taken from. */
  readonly serviceCIDRs: string;
  /** Addresses of this node at which node ports are open. */
  readonly nodePortIPs: string;
  /** Dispatch by address. */
  readonly services: string;
  /** Dispatch by node port. */
  readonly nodePorts: string;
  /** Frontends by address whose clients are refused or dropped. */
  readonly noEndpoints: string;
  /** Node ports whose clients are refused or dropped. */
  readonly noEndpointNodePorts: string;
  /** Frontends that only some sources may use. */
  readonly firewalled: string;
  /** Those sources. */
  readonly allowedSources: string;
  /** Connections of a local endpoint to itself. */
  readonly hairpin: string;
}

/** The table's sets and maps of one family, by what they hold. */
export function setNames(family: Family): SetNames {
  const digit = digitOf(family);
  return {
    clusterIPs: `cluster-ips${digit}`,
    serviceCIDRs: `service-cidrs${digit}`,
    nodePortIPs: `nodeport-ips${digit}`,
    services: `services${digit}`,
    nodePorts: `nodeports${digit}`,
    noEndpoints: `no-endpoints${digit}`,
    noEndpointNodePorts: `no-endpoint-nodeports${digit}`,
    firewalled: `firewalled${digit}`,
    allowedSources: `allowed-sources${digit}`,
    hairpin: `hairpin${digit}`,
  };
}

/** The map that holds the slots of a kind: `nodeport-local-endpoints-tcp4`. */
export function slotMapName(key: SlotKey, list: List, protocol: Protocol, family: Family): string {
  return `${prefixOf(key, list)}endpoints-${wordOf(protocol)}${digitOf(family)}`;
}

/** Whether a map is one that {@link slotMapName} names. */
export function isSlotMapName(name: string): boolean {
  return /^(nodeport-)?(local-)?endpoints-(tcp|udp|sctp)[46]$/.test(name);
}

/** `nodeport-`, `local-`, both or nothing: the start of the names of slot maps and pick chains. */
export function prefixOf(key: SlotKey, list: List): string {
  return `${key === 'nodeport' ? 'nodeport-' : ''}${list === 'local' ? 'local-' : ''}`;
}

/** Chains that maps and rules lead to. */
export const chainNames = {
  services: 'services',
  reject: 'reject-chain',
  mark: 'mark-for-masquerade',
  firewall: 'firewall',
  noEndpointsCheck: 'no-endpoints-check',
  noEndpointNodePortsCheck: 'no-endpoint-nodeports-check',
  clusterIPsCheck: 'cluster-ips-check',
} as const;
