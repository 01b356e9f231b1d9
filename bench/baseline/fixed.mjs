// The part of kube-proxy's table that does not depend on Services (1.36, nftables mode, IPv4).

export const table = 'ip kube-proxy';

/** @type {readonly (readonly [name: string, type: string, hook: string, priority: number])[]} */
const baseChains = [
  ['filter-prerouting-pre-dnat', 'filter', 'prerouting', -110],
  ['filter-output-pre-dnat', 'filter', 'output', -110],
  ['nat-prerouting', 'nat', 'prerouting', -100],
  ['nat-output', 'nat', 'output', -100],
  ['filter-input', 'filter', 'input', 0],
  ['filter-forward', 'filter', 'forward', 0],
  ['filter-output', 'filter', 'output', 0],
  ['nat-postrouting', 'nat', 'postrouting', 100],
];

const fixedChains = [
  'services',
  'firewall-check',
  'service-endpoints-check',
  'nodeport-endpoints-check',
  'cluster-ips-check',
  'mark-for-masquerade',
  'masquerading',
  'reject-chain',
];

const frontend = 'type ipv4_addr . inet_proto . inet_service : verdict ;';
const nodePort = 'type inet_proto . inet_service : verdict ;';

/** @type {readonly (readonly [kind: 'set' | 'map', name: string, declaration: string])[]} */
const containers = [
  ['set', 'cluster-ips', 'type ipv4_addr ;'],
  ['set', 'nodeport-ips', 'type ipv4_addr ;'],
  ['set', 'hairpin-connections', 'type ipv4_addr . ipv4_addr . inet_proto . inet_service ;'],
  ['map', 'service-ips', frontend],
  ['map', 'service-nodeports', nodePort],
  ['map', 'no-endpoint-services', frontend],
  ['map', 'no-endpoint-nodeports', nodePort],
  ['map', 'firewall-ips', frontend],
];

const byFrontend = 'ip daddr . meta l4proto . th dport vmap';
const byNodePort = 'ip daddr @nodeport-ips meta l4proto . th dport vmap';

/**
 * @param {string} podCIDR tells local pods, as `detectLocalMode: ClusterCIDR`
 * @returns {readonly (readonly [chain: string, rule: string])[]}
 */
function fixedRules(podCIDR) {
  return [
    ['filter-prerouting-pre-dnat', 'ct state new jump firewall-check'],
    ['filter-output-pre-dnat', 'ct state new jump firewall-check'],
    ['nat-prerouting', 'jump services'],
    ['nat-output', 'jump services'],
    ['filter-input', 'ct state new jump nodeport-endpoints-check'],
    ['filter-input', 'ct state new jump service-endpoints-check'],
    ['filter-forward', 'ct state new jump service-endpoints-check'],
    ['filter-forward', 'ct state new jump cluster-ips-check'],
    ['filter-output', 'ct state new jump service-endpoints-check'],
    ['filter-output', 'ct state new jump cluster-ips-check'],
    ['nat-postrouting', 'jump masquerading'],
    ['firewall-check', `${byFrontend} @firewall-ips`],
    ['service-endpoints-check', `${byFrontend} @no-endpoint-services`],
    ['nodeport-endpoints-check', `${byNodePort} @no-endpoint-nodeports`],
    ['services', `ip daddr @cluster-ips ip saddr != ${podCIDR} jump mark-for-masquerade`],
    ['services', `${byFrontend} @service-ips`],
    ['services', `${byNodePort} @service-nodeports`],
    ['cluster-ips-check', 'ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"'],
    ['mark-for-masquerade', 'mark set mark or 0x4000'],
    ['masquerading', 'mark and 0x4000 != 0 mark set mark xor 0x4000 masquerade fully-random'],
    [
      'masquerading',
      'ct status dnat ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random',
    ],
    ['reject-chain', 'reject'],
  ];
}

/**
 * What a full sync writes before the first Service.
 *
 * @param {string} podCIDR
 * @returns {string[]}
 */
export function fixedOperations(podCIDR) {
  const base = baseChains.map(
    ([name, type, hook, priority]) => `${table} ${name} { type ${type} hook ${hook} priority ${priority} ; }`,
  );
  return [
    `add table ${table} { comment "rules for kube-proxy" ; }`,
    // So that a base chain that was there with another type or priority does not make the transaction fail.
    ...base.flatMap((chain, index) => [`add chain ${chain}`, `delete chain ${table} ${baseChains[index]?.[0]}`]),
    ...base.map((chain) => `add chain ${chain}`),
    ...fixedChains.flatMap((name) => [`add chain ${table} ${name}`, `flush chain ${table} ${name}`]),
    ...containers.map(([kind, name, declaration]) => `add ${kind} ${table} ${name} { ${declaration} }`),
    ...fixedRules(podCIDR).map(([chain, rule]) => `add rule ${table} ${chain} ${rule}`),
  ];
}
