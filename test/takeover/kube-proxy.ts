import type { Family } from '../lab/index.js';

/** A Service port as kube-proxy would serve it. */
export interface StandInService {
  readonly name: string;
  readonly family: Family;
  readonly protocol: 'tcp' | 'udp';
  readonly clusterIP: string;
  readonly port: number;
  readonly nodePort: number;
  /** Addresses, all with the port 8080. */
  readonly endpoints: readonly string[];
}

const endpointPort = 8080;
const keyword = { IPv4: 'ip', IPv6: 'ip6' } as const;
const type = { IPv4: 'ipv4_addr', IPv6: 'ipv6_addr' } as const;
const podNetwork = { IPv4: '10.244.0.0/16', IPv6: 'fd00:10:244::/56' } as const;
const nodeAddress = { IPv4: '192.168.10.1', IPv6: 'fd00:192::1' } as const;
const localPods = { IPv4: '10.244.1.', IPv6: 'fd00:10:244:1:' } as const;

/**
 * The table that kube-proxy 1.36 makes for a family in nftables mode, in one transaction that replaces an earlier one:
 * its base chains and containers, and for each Service port a chain with an anonymous map of endpoints.
 */
export function kubeProxyTable(family: Family, services: readonly StandInService[]): string {
  const own = services.filter((service) => service.family === family);
  const table = `${keyword[family]} kube-proxy`;
  return [
    `add table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    '  comment "rules for kube-proxy"',
    ...containers(family, own),
    ...own.flatMap((service) => serviceChains(service)),
    ...chains(family),
    '}',
    '',
  ].join('\n');
}

function containers(family: Family, own: readonly StandInService[]): readonly string[] {
  const hairpins = own.flatMap(({ endpoints, protocol }) =>
    endpoints
      .filter((endpoint) => endpoint.startsWith(localPods[family]))
      .map((endpoint) => `${endpoint} . ${endpoint} . ${protocol} . ${String(endpointPort)}`),
  );
  const verdicts = own.map(
    (service) => `${service.clusterIP} . ${service.protocol} . ${String(service.port)} : goto ${chainOf(service)}`,
  );
  const nodePorts = own.map(
    (service) => `${service.protocol} . ${String(service.nodePort)} : goto external-${chainOf(service)}`,
  );
  const address = type[family];
  return [
    `  set cluster-ips { type ${address}; elements = { ${[...new Set(own.map(({ clusterIP }) => clusterIP))].join(', ')} } }`,
    `  set nodeport-ips { type ${address}; elements = { ${nodeAddress[family]} } }`,
    `  set hairpin-connections { type ${address} . ${address} . inet_proto . inet_service; elements = { ${[...new Set(hairpins)].join(', ')} } }`,
    `  map service-ips { type ${address} . inet_proto . inet_service : verdict; elements = { ${verdicts.join(', ')} } }`,
    `  map service-nodeports { type inet_proto . inet_service : verdict; elements = { ${nodePorts.join(', ')} } }`,
    `  map no-endpoint-services { type ${address} . inet_proto . inet_service : verdict; }`,
    `  map no-endpoint-nodeports { type inet_proto . inet_service : verdict; }`,
    `  map firewall-ips { type ${address} . inet_proto . inet_service : verdict; }`,
  ];
}

function chainOf({ name, protocol }: StandInService): string {
  return `service-${name}/${protocol}`;
}

function serviceChains(service: StandInService): readonly string[] {
  const { family, protocol, endpoints } = service;
  const targets = endpoints.map((endpoint, index) => `${String(index)} : ${endpoint} . ${String(endpointPort)}`);
  const { [family]: word } = keyword;
  return [
    `  chain ${chainOf(service)} {`,
    `    meta l4proto ${protocol} dnat ${word} addr . port to numgen random mod ${String(endpoints.length)} map { ${targets.join(', ')} }`,
    '  }',
    `  chain external-${chainOf(service)} { jump mark-for-masquerade; goto ${chainOf(service)}; }`,
  ];
}

function chains(family: Family): readonly string[] {
  const word = keyword[family];
  const key = `${word} daddr . meta l4proto . th dport`;
  return `
  chain mark-for-masquerade { meta mark set mark or 0x4000; }
  chain masquerading {
    meta mark & 0x4000 != 0 meta mark set mark xor 0x4000 masquerade fully-random
    ct status dnat ${word} saddr . ${word} daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random
  }
  chain services {
    ${word} daddr @cluster-ips ${word} saddr != ${podNetwork[family]} jump mark-for-masquerade
    ${key} vmap @service-ips
    ${word} daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
  }
  chain firewall-check { ${key} vmap @firewall-ips; }
  chain service-endpoints-check { ${key} vmap @no-endpoint-services; }
  chain nodeport-endpoints-check { ${word} daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports; }
  chain cluster-ips-check { ${word} daddr @cluster-ips reject; }
  chain filter-prerouting-pre-dnat { type filter hook prerouting priority -110; ct state new jump firewall-check; }
  chain filter-output-pre-dnat { type filter hook output priority -110; ct state new jump firewall-check; }
  chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
  chain nat-output { type nat hook output priority -100; jump services; }
  chain filter-input {
    type filter hook input priority 0
    ct state new jump nodeport-endpoints-check
    ct state new jump service-endpoints-check
  }
  chain filter-forward {
    type filter hook forward priority 0
    ct state new jump service-endpoints-check
    ct state new jump cluster-ips-check
  }
  chain filter-output {
    type filter hook output priority 0
    ct state new jump service-endpoints-check
    ct state new jump cluster-ips-check
  }
  chain nat-postrouting { type nat hook postrouting priority 100; jump masquerading; }`
    .split('\n')
    .slice(1);
}
