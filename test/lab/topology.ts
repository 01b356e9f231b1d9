import { addresses, clientSources, podNetworks, virtualNetworks, type Family, type NodeName } from './addresses.js';

/** How a pod hangs on its node: on a bridge, as most CNIs have it, or on an interface of its own with a route. */
export type PodAttachment = 'bridge' | 'routed';

/** The bridge that carries a node's pods (`bridgeInterface` of the BridgeInterface detector). */
export const podBridge = 'cni0';

/** What a pod's interface on the node is called: this and the pod's number (`interfaceNamePrefix`). */
export const podInterfacePrefix = 'pod';

/** `ip` batches: links first, then addresses and routes by family. */
export interface LinkPlan {
  readonly links: readonly string[];
  readonly routes: Readonly<Record<Family, readonly string[]>>;
}

/** What makes one namespace into one machine. A setting with a leading `-` is written where the kernel has it. */
export interface MachinePlan extends LinkPlan {
  readonly settings: readonly (readonly [key: string, value: string])[];
}

/**
 * Interface indexes that differ from those of the other ends, which the kernel counts from 2. A veth whose two ends have
 * the same index in their namespaces looks to the kernel like a device without a lower one, and its carrier then takes
 * up to a second to be noticed.
 */
const indexes = { eth0: 1001, eth1: 1002, pods: 2000 };

/** Process ids of the namespaces a link leads to. */
export type Pids = Readonly<Record<'switch' | 'world', number>>;

/**
 * Every machine: no reverse path filter, since packets to virtual addresses take odd ways; no redirects, which would
 * teach pods to go around the node; no duplicate address detection, which would make IPv6 wait for seconds; and no
 * limit on ICMP errors, which would make a refusal look like a loss from the seventh on.
 */
const everywhere: MachinePlan['settings'] = [
  ['net/ipv4/conf/all/rp_filter', '0'],
  ['net/ipv4/conf/default/rp_filter', '0'],
  ['net/ipv4/conf/all/send_redirects', '0'],
  ['net/ipv4/conf/default/send_redirects', '0'],
  ['net/ipv4/conf/all/accept_redirects', '0'],
  ['net/ipv4/conf/default/accept_redirects', '0'],
  ['-net/ipv6/conf/all/accept_redirects', '0'],
  ['-net/ipv6/conf/default/accept_redirects', '0'],
  ['net/ipv4/conf/default/accept_redirects', '0'],
  ['net/ipv4/icmp_ratelimit', '0'],
  // The same limit for all targets together: per namespace since Linux 6.12, before that the host's own affair.
  ['-net/ipv4/icmp_msgs_per_sec', '100000'],
  ['-net/ipv4/icmp_msgs_burst', '100000'],
  ['-net/ipv6/icmp/ratelimit', '0'],
  ['-net/ipv6/conf/all/accept_dad', '0'],
  ['-net/ipv6/conf/default/accept_dad', '0'],
  ['-net/ipv6/conf/all/accept_ra', '0'],
  ['-net/ipv6/conf/default/accept_ra', '0'],
  ['net/ipv4/ip_local_port_range', '1024 65535'],
  ['net/ipv4/tcp_tw_reuse', '1'],
  ['net/core/somaxconn', '16384'],
];

const forwarding: MachinePlan['settings'] = [
  ['net/ipv4/ip_forward', '1'],
  ['-net/ipv6/conf/all/forwarding', '1'],
  // Off, so that bridges are the same with kernels that lack it. Pods reach each other through the node's routing anyway:
  // they have addresses without a network.
  ['-net/bridge/bridge-nf-call-iptables', '0'],
  ['-net/bridge/bridge-nf-call-ip6tables', '0'],
];

const noIPv6: MachinePlan['settings'] = [
  ['-net/ipv6/conf/all/disable_ipv6', '1'],
  ['-net/ipv6/conf/default/disable_ipv6', '1'],
];

const port = (name: string): string[] => [`link set ${name} master lan`, `link set ${name} up`];

/** The LAN: a bridge without addresses, with a port to each machine. */
export const switchPlan: MachinePlan = {
  settings: [...everywhere, ...forwarding],
  links: [
    'link add lan type bridge mcast_snooping 0',
    'link set lan up',
    ...['node-a', 'node-b', 'client'].flatMap(port),
  ],
  routes: { IPv4: [], IPv6: [] },
};

/** The node under test: an interface to the LAN, one to the world, and a bridge for its pods. */
export function nodeAPlan(pids: Pids, families: readonly Family[]): MachinePlan {
  const route = (family: Family): string[] => [
    address(addresses['node-a'], family, 'eth0', family === 'IPv4' ? 24 : 64),
    address(addresses.uplink, family, 'eth1', family === 'IPv4' ? 24 : 64),
    ...podBridgeAddresses('node-a', family),
    `route add default via ${addresses.world[family]}`,
    `route add ${podNetworks['node-b'][family].cidr} via ${addresses['node-b'][family]}`,
    ...clientSources[family].map((source) => `route add ${source} via ${addresses.client[family]}`),
  ];
  return {
    settings: [...everywhere, ...forwarding, ...(families.includes('IPv6') ? [] : noIPv6)],
    links: [
      ...lanLink('node-a', pids),
      `link add eth1 index ${indexes.eth1} type veth peer name eth0 netns ${pids.world}`,
      'link set eth1 up',
      ...bridge,
    ],
    routes: perFamily(route),
  };
}

/**
 * The other node. What it sends always goes through node-a, also to its own pods: the way back of a packet that node-a
 * has translated must lead through node-a, as it does in a cluster where the client is behind node-a.
 */
export function nodeBPlan(pids: Pids): MachinePlan {
  return {
    settings: [...everywhere, ...forwarding],
    links: [...lanLink('node-b', pids), ...bridge],
    routes: perFamily((family) => [
      ...starRoutes('node-b', family),
      ...podBridgeAddresses('node-b', family),
      `route add default via ${addresses['node-a'][family]} table 100`,
      `rule add iif ${podBridge} lookup 100`,
    ]),
  };
}

/** The outside client, with more than one source address. */
export function clientPlan(pids: Pids): MachinePlan {
  return {
    settings: everywhere,
    links: lanLink('client', pids),
    routes: perFamily((family) => [
      ...starRoutes('client', family),
      ...clientSources[family].map((source) => `addr add ${source} dev lo`),
    ]),
  };
}

/** The world answers for every virtual address. */
export const worldPlan: MachinePlan = {
  // An address that is local by a route alone may be bound with IPv4; with IPv6 only so.
  settings: [...everywhere, ['-net/ipv6/ip_nonlocal_bind', '1']],
  links: ['link set eth0 up'],
  routes: perFamily((family) => [
    address(addresses.world, family, 'eth0', family === 'IPv4' ? 24 : 64),
    `route add default via ${addresses.uplink[family]}`,
    ...virtualNetworks[family].map((network) => `route add local ${network} dev lo`),
  ]),
};

/** A pod has its address alone and a default route, so that all it sends passes the node's routing. */
export function podPlan(node: NodeName, pod: Readonly<Record<Family, string>>): MachinePlan {
  return {
    settings: everywhere,
    links: ['link set eth0 up'],
    routes: {
      IPv4: [
        `addr add ${pod.IPv4}/32 dev eth0`,
        `route add default via ${podNetworks[node].IPv4.gateway} dev eth0 onlink`,
      ],
      IPv6: [`addr add ${pod.IPv6}/128 dev eth0 nodad`, 'route add default via fe80::1 dev eth0'],
    },
  };
}

/** The node's end of a pod's link. `pid` is the pod's namespace. */
export function podLink(
  attachment: PodAttachment,
  number: number,
  pod: Readonly<Record<Family, string>>,
  pid: number,
): LinkPlan {
  const name = `${podInterfacePrefix}${number}`;
  const create = `link add ${name} index ${indexes.pods + number} type veth peer name eth0 netns ${pid}`;
  if (attachment === 'bridge') {
    const links = [
      create,
      `link set ${name} master ${podBridge}`,
      `link set ${name} type bridge_slave hairpin on`,
      `link set ${name} up`,
    ];
    return { links, routes: { IPv4: [], IPv6: [] } };
  }
  return {
    links: [create, `link set ${name} up`],
    routes: {
      IPv4: [`route add ${pod.IPv4}/32 dev ${name}`],
      IPv6: [`addr add fe80::1/64 dev ${name} nodad`, `route add ${pod.IPv6}/128 dev ${name}`],
    },
  };
}

const bridge: readonly string[] = [`link add ${podBridge} type bridge mcast_snooping 0`, `link set ${podBridge} up`];

function podBridgeAddresses(node: NodeName, family: Family): string[] {
  const { gateway } = podNetworks[node][family];
  return family === 'IPv4'
    ? [`addr add ${gateway}/24 dev ${podBridge}`]
    : [`addr add ${gateway}/64 dev ${podBridge} nodad`, `addr add fe80::1/64 dev ${podBridge} nodad`];
}

function lanLink(name: string, pids: Pids): string[] {
  return [`link add eth0 index ${indexes.eth0} type veth peer name ${name} netns ${pids.switch}`, 'link set eth0 up'];
}

function starRoutes(name: 'node-b' | 'client', family: Family): string[] {
  const hub = addresses['node-a'][family];
  return [
    address(addresses[name], family, 'eth0', family === 'IPv4' ? 32 : 128),
    `route add ${hub} dev eth0`,
    `route add default via ${hub}`,
  ];
}

function address(pair: Readonly<Record<Family, string>>, family: Family, device: string, length: number): string {
  return `addr add ${pair[family]}/${length} dev ${device}${family === 'IPv6' ? ' nodad' : ''}`;
}

function perFamily(lines: (family: Family) => string[]): Record<Family, string[]> {
  return { IPv4: lines('IPv4'), IPv6: lines('IPv6') };
}
