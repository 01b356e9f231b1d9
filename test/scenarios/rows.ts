/**
 * The behaviours that scenarios prove, one row each: what kube-proxy 1.36 does in nftables mode, or does better here.
 * The numbers are those of the topics in docs/behaviour.md. A row that no scenario covers makes the gate fail.
 */
export const rows = {
  // 1 Services and EndpointSlices
  '1/headless': 'A Service without a cluster IP is left alone.',
  '1/ExternalName': 'An ExternalName Service is left alone, even with a cluster IP.',
  '1/other-proxy': 'A Service labelled for another proxy is left alone.',
  '1/no-selector': 'A Service without a selector works with the slices someone wrote for it.',
  '1/ipFamilies': 'The cluster IP of a family is the one at the place of that family in ipFamilies.',
  '1/no-ipFamilies': 'Without ipFamilies, clusterIP counts for its own family.',
  '1/split-families': 'External IPs, load-balancer addresses and source ranges each serve their own family.',
  '1/lenient-addresses': 'Addresses with leading zeros are read as decimal.',
  '1/garbage': 'What cannot be read of a Service is left out, and the rest of it works.',
  '1/node-port-any-type': 'A node port works whatever the type of the Service.',
  '1/load-balancer-any-type': 'A load-balancer address works whatever the type of the Service.',
  '1/ipMode-VIP': 'A load-balancer address is captured with ipMode VIP and without ipMode.',
  '1/ipMode-Proxy': 'A load-balancer address with ipMode Proxy is left to the load balancer.',
  '1/hostname': 'A load balancer that is known by hostname alone is left alone.',
  '1/external-ips-gate': 'External IPs are ignored where AllowServiceExternalIPs is off.',
  '1/external-policy-scope':
    'externalTrafficPolicy Local means nothing for a Service that is not reachable from outside.',
  '1/not-consulted': 'targetPort, appProtocol, trafficDistribution and the selector change nothing.',
  '1/collision': 'Of two Services that ask for one address and port, the older keeps it.',
  '1/slice-without-service': 'A slice without a service label is left out.',
  '1/slice-ports': 'Ports of a slice without a number or a name are left out.',
  '1/slice-empty-addresses': 'An endpoint without addresses is left out.',
  '1/slice-first-address': 'Only the first address of an endpoint is used.',
  '1/slice-join': 'A slice serves the service port of its port name and protocol.',
  '1/slice-port-numbers': 'One port name may have a different number in each slice.',
  '1/slice-conditions': 'Conditions that are not given mean ready, serving, not terminating.',
  '1/slice-node': 'An endpoint is local by its nodeName; without one it is not.',
  '1/slice-family': 'Slices of other address types are left out.',
  '1/slice-label-move': 'A slice whose service label changes leaves its old Service.',
  '1/several-slices': 'The endpoints of a Service are those of all its slices.',
  '1/duplicates': 'An endpoint in two slices counts once, and goes when both have lost it.',
  '1/duplicate-terminating': 'Of two copies of an endpoint, one that is not terminating counts.',
  '1/forbidden-endpoints': 'An endpoint address that no pod can have is refused.',
  '1/many-ports': 'A Service may have many ports.',

  // 2.1 Which endpoints are used
  '2.1/unusable': 'An endpoint that is neither ready nor serving while terminating is never used.',
  '2.1/all-or-nothing': 'One ready endpoint hides all terminating ones.',
  '2.1/independent-lists': 'The cluster list and the local list fall back separately.',
  '2.1/local-ignores-hints': 'Hints never change the local list.',
  '2.1/terminating-ignore-hints': 'Hints never change the choice among terminating endpoints.',

  // 2.2 Hints
  '2.2/same-node': 'Where all ready endpoints have node hints and one names this node, those that name it are used.',
  '2.2/other-nodes': 'Where node hints name other nodes only, zone hints decide.',
  '2.2/same-zone': 'Where all ready endpoints have zone hints and one names this zone, those that name it are used.',
  '2.2/other-zones': 'Where zone hints name other zones only, all are used.',
  '2.2/incomplete': 'One ready endpoint without hints turns hints off.',
  '2.2/unready-without-hints': 'Endpoints that are not ready need no hints.',
  '2.2/no-zone-label': 'A node without a zone label uses all endpoints.',
  '2.2/external': 'Hints hold for external traffic with policy Cluster, and for the short circuit of policy Local.',
  '2.2/zone-change': 'A change of the zone label of the node takes effect.',

  // 2.3 Nothing to choose
  '2.3/none-internal': 'A cluster IP without endpoints is rejected.',
  '2.3/none-external': 'An external address without endpoints is rejected.',
  '2.3/internal-local-empty': 'With internalTrafficPolicy Local and endpoints elsewhere only, a cluster IP is dropped.',
  '2.3/external-local-empty':
    'With externalTrafficPolicy Local and endpoints elsewhere only, outside traffic is dropped.',

  // 2.4 externalTrafficPolicy Local
  '2.4/pod-short-circuit': 'Pods of the node reach all endpoints through external addresses, and keep their address.',
  '2.4/host-short-circuit': 'The node reaches all endpoints through external addresses, and is masqueraded.',
  '2.4/local-only': 'Outside traffic reaches local endpoints only, and keeps its address.',
  '2.4/cluster-masquerade': 'With policy Cluster, external traffic is always masqueraded.',
  '2.4/no-detector': 'Without a way to tell pods, a pod is treated as outside traffic.',

  // 2.5 Who is answered by whom, and seen as whom; detector ClusterCIDR
  '2.5/pod/ClusterIP/Cluster': 'Pod to cluster IP, Cluster: all endpoints, address kept.',
  '2.5/pod/ClusterIP/eTP=Local': 'Pod to cluster IP, external Local: all endpoints, address kept.',
  '2.5/pod/ClusterIP/iTP=Local': 'Pod to cluster IP, internal Local: local endpoints, address kept.',
  '2.5/pod/ClusterIP/both=Local': 'Pod to cluster IP, both Local: local endpoints, address kept.',
  '2.5/pod/external/Cluster': 'Pod to external address, Cluster: all endpoints, masqueraded.',
  '2.5/pod/external/eTP=Local': 'Pod to external address, external Local: all endpoints, address kept.',
  '2.5/pod/external/iTP=Local': 'Pod to external address, internal Local: all endpoints, masqueraded.',
  '2.5/pod/external/both=Local': 'Pod to external address, both Local: all endpoints, address kept.',
  '2.5/host/ClusterIP/Cluster': 'Node to cluster IP, Cluster: all endpoints, masqueraded.',
  '2.5/host/ClusterIP/eTP=Local': 'Node to cluster IP, external Local: all endpoints, masqueraded.',
  '2.5/host/ClusterIP/iTP=Local': 'Node to cluster IP, internal Local: local endpoints, masqueraded.',
  '2.5/host/ClusterIP/both=Local': 'Node to cluster IP, both Local: local endpoints, masqueraded.',
  '2.5/host/external/Cluster': 'Node to external address, Cluster: all endpoints, masqueraded.',
  '2.5/host/external/eTP=Local': 'Node to external address, external Local: all endpoints, masqueraded.',
  '2.5/host/external/iTP=Local': 'Node to external address, internal Local: all endpoints, masqueraded.',
  '2.5/host/external/both=Local': 'Node to external address, both Local: all endpoints, masqueraded.',
  '2.5/outside/ClusterIP/Cluster': 'Outside to cluster IP, Cluster: all endpoints, masqueraded.',
  '2.5/outside/ClusterIP/eTP=Local': 'Outside to cluster IP, external Local: all endpoints, masqueraded.',
  '2.5/outside/ClusterIP/iTP=Local': 'Outside to cluster IP, internal Local: local endpoints, masqueraded.',
  '2.5/outside/ClusterIP/both=Local': 'Outside to cluster IP, both Local: local endpoints, masqueraded.',
  '2.5/outside/external/Cluster': 'Outside to external address, Cluster: all endpoints, masqueraded.',
  '2.5/outside/external/eTP=Local': 'Outside to external address, external Local: local endpoints, address kept.',
  '2.5/outside/external/iTP=Local': 'Outside to external address, internal Local: all endpoints, masqueraded.',
  '2.5/outside/external/both=Local': 'Outside to external address, both Local: local endpoints, address kept.',
  '2.5/no-detector/ClusterIP': 'Without a detector, traffic of node and outside to a cluster IP is not masqueraded.',
  '2.5/masqueradeAll/ClusterIP': 'With masqueradeAll, traffic to a cluster IP is masqueraded, that of pods too.',
  '2.5/masqueradeAll/external': 'masqueradeAll changes nothing for external addresses.',
  '2.5/hairpin': 'A connection of a pod to itself through a Service is masqueraded, whatever the policies.',
  '2.5/external-ips': 'External IPs behave as load-balancer addresses do, without source ranges.',
  '2.5/interface-detectors/host': 'Detectors by interface never take traffic of the node itself for that of a pod.',

  // 2.6 States of a remote endpoint (R) and a local one (L); T: terminating and serving
  '2.6/R,L/cluster': 'R and L ready: both.',
  '2.6/R,L/external-local': 'R and L ready, external Local: L.',
  '2.6/R,L/internal-local': 'R and L ready, internal Local: L.',
  '2.6/R/cluster': 'R ready alone: R.',
  '2.6/R/external-local': 'R ready alone, external Local: drop.',
  '2.6/R/internal-local': 'R ready alone, internal Local: drop.',
  '2.6/R,LT/cluster': 'R ready, L terminating: R.',
  '2.6/R,LT/external-local': 'R ready, L terminating, external Local: L.',
  '2.6/R,LT/internal-local': 'R ready, L terminating, internal Local: L.',
  '2.6/RT,LT/cluster': 'Both terminating: both.',
  '2.6/RT,LT/external-local': 'Both terminating, external Local: L.',
  '2.6/RT,LT/internal-local': 'Both terminating, internal Local: L.',
  '2.6/RT/cluster': 'R terminating alone: R.',
  '2.6/RT/external-local': 'R terminating alone, external Local: drop.',
  '2.6/RT/internal-local': 'R terminating alone, internal Local: drop.',
  '2.6/terminating-not-serving': 'Endpoints that terminate and do not serve count for nothing: reject.',
  '2.6/not-ready': 'Endpoints that are not ready count for nothing: reject.',
  '2.6/none': 'No endpoints: reject.',

  // 2.7
  '2.7/random': 'Each new connection may go to any of the endpoints.',
  '2.7/equal-odds': 'All endpoints get the same share of the connections.',
  '2.7/weighted': 'With algorithm weighted, endpoints get connections in proportion to their weights.',
  '2.7/drained': 'An endpoint of weight 0 gets no new connections.',
  '2.7/source-hash': 'With algorithm source-hash, the address of a client decides, at every frontend alike.',
  '2.7/maglev': 'With algorithm maglev, the address of a client decides, at every frontend alike.',
  '2.7/maglev-stays':
    'With algorithm maglev, clients of endpoints that stay keep them, and those of one that is back return.',

  // 3.3 Frontends
  '3.3/everywhere': 'Frontends work from pods, from the node and from outside.',
  '3.3/unknown-port-external': 'Other ports of load-balancer addresses and external IPs are left alone.',
  '3.3/unknown-node-port': 'Other ports of the node are left to the node.',
  '3.3/ping': 'A ping of a cluster IP is rejected; one of an external address is left alone.',
  '3.3/external-collision':
    'A cluster IP, an external IP and a load-balancer address of one Service work side by side.',

  // 3.4 Masquerade
  '3.4/mark-cleared': 'The mark that asks for a masquerade does not stay on the packet; other bits of the mark do.',
  '3.4/host-network': 'Endpoints on the network of a node work.',

  // 3.5 loadBalancerSourceRanges
  '3.5/outside': 'Sources outside the ranges are dropped at a load-balancer address.',
  '3.5/pods-and-host': 'Ranges hold for pods and for the node too.',
  '3.5/not-others': 'Ranges do not hold at cluster IPs, external IPs and node ports.',
  '3.5/nested': 'Ranges may lie in each other, repeat, touch, and name their network by any address in it.',
  '3.5/zero': 'A range of all addresses turns the filter off, alone or among others.',
  '3.5/trimmed': 'Blanks around a range do not matter.',
  '3.5/invalid': 'Ranges that cannot be read are left out; where none is left, the family is not filtered.',
  '3.5/other-family': 'Ranges of one family leave the other unfiltered.',
  '3.5/node-address': 'Where a range has the node itself, the node may use a load-balancer address as its source.',
  '3.5/no-endpoints': 'A source outside the ranges is dropped, not rejected, where there are no endpoints.',
  '3.5/with-local-and-affinity': 'Ranges hold together with policy Local and session affinity.',
  '3.5/change': 'A change of the ranges takes effect.',

  // 3.6 Session affinity
  '3.6/sticks': 'New connections of a client go to the endpoint of its last one.',
  '3.6/per-port': 'Each port of a Service has a memory of its own.',
  '3.6/shared-by-frontends': 'All frontends of a port share one memory.',
  '3.6/by-client-address': 'Clients are told apart by their address before any masquerade.',
  '3.6/timeout': 'A client that has been idle for the timeout may get another endpoint.',
  '3.6/refreshed': 'Each new connection starts the timeout anew.',
  '3.6/timeout-change': 'A change of the timeout takes effect.',
  '3.6/switched-off': 'Without session affinity the memory is gone.',
  '3.6/switched-on': 'Session affinity can be switched on.',
  '3.6/endpoint-gone': 'Clients of an endpoint that goes move to another; other clients stay.',
  '3.6/local-list': 'Traffic that must stay on the node sticks to local endpoints only.',
  '3.6/hints-change': 'A client moves where its endpoint is no longer among the chosen ones.',
  '3.6/restart': 'The memory survives a restart of the proxy.',
  '3.6/algorithm': 'A client begins where the algorithm of the Service leads it, and stays there.',
  '3.6/protocols': 'Affinity works for TCP, UDP and SCTP.',
  '3.6/IPv6': 'Affinity works for IPv6.',

  // 3.7 Cluster IPs that lead nowhere
  '3.7/unknown-port': 'An unknown port of a cluster IP is rejected, from pods, node and outside, for any protocol.',
  '3.7/unallocated': 'An address of the ServiceCIDRs that no Service has is dropped.',
  '3.7/no-cidrs': 'Without ServiceCIDRs such addresses are left alone.',
  '3.7/cidr-change': 'A change of the ServiceCIDRs takes effect.',
  '3.7/drop-before-reject': 'The drop of policy Local comes before the reject of unknown ports.',
  '3.7/established': 'What is on a cluster IP already is not rejected when the port goes.',

  // 3.8 Node ports
  '3.8/primary': 'By default, node ports are open at the primary addresses of the node only.',
  '3.8/cidrs': 'With CIDRs, node ports are open at the addresses of the node inside them.',
  '3.8/all': 'With a zero CIDR or none, node ports are open at every address of the node.',
  '3.8/never-loopback': 'Node ports are never open on loopback.',
  '3.8/not-elsewhere': 'The port of a node port on another address is left alone.',
  '3.8/shadows': 'A node port hides a process of the node that listens on it.',
  '3.8/addresses-change': 'An address that the node gains or loses opens or closes its node ports.',
  '3.8/no-endpoints': 'A node port without endpoints is rejected.',
  '3.8/same-number': 'TCP and UDP may have one node port number for different Services.',

  // 3.9 Detectors
  '3.9/ClusterCIDR': 'ClusterCIDR: pods of any node count as local.',
  '3.9/NodeCIDR': 'NodeCIDR: pods of this node count as local, those of others do not.',
  '3.9/BridgeInterface': 'BridgeInterface: what comes from the bridge is local.',
  '3.9/InterfaceNamePrefix': 'InterfaceNamePrefix: what comes from interfaces of that prefix is local.',
  '3.9/other-family': 'A detector of one family only leaves the other without one.',

  // 3.10 Protocols and neighbours
  '3.10/TCP': 'TCP is balanced.',
  '3.10/UDP': 'UDP is balanced.',
  '3.10/SCTP': 'SCTP is balanced.',
  '3.10/same-port': 'One port number may serve TCP, UDP and SCTP by different endpoints.',
  '3.10/neighbours':
    'Rules of others before and after translation work as published: DNAT before -100, filter around it.',
  '3.10/accepts-nothing': 'An accept of ours overrides no drop of others.',

  // Families
  'family/IPv4': 'A node with IPv4 only, IPv6 disabled.',
  'family/IPv6': 'A node with IPv6 only.',
  'family/dual': 'A dual-stack Service serves each family by its own endpoints.',

  // 4 Changes
  '4/endpoint-replaced': 'New connections follow when an endpoint is replaced.',
  '4/scaled': 'New connections follow when endpoints are added and removed, to none and back.',
  '4/service-recreated': 'A Service deleted and made again with another address works at the new one only.',
  '4/type-change': 'A Service that changes its type gains and loses its frontends.',
  '4/port-change': 'A Service that changes its port works at the new one only.',
  '4/policy-change': 'A change of a traffic policy takes effect.',
  '4/established-stay': 'An established TCP connection stays with its endpoint, whatever changes.',
  '4/restart': 'A restart serves the same.',

  // 4.8 Flows without connections
  '4.8/udp-replaced': 'A UDP flow moves when its endpoint is replaced.',
  '4.8/udp-first-endpoint': 'A UDP flow to a Service without endpoints works when it gets one.',
  '4.8/udp-gone': 'A UDP flow is released when the last endpoint goes, or the Service.',
  '4.8/udp-frontend': 'A UDP flow to an address that a Service gains is taken up.',
  '4.8/udp-policy':
    'A UDP flow stays with an endpoint that serves, though a traffic policy would not choose it any more.',
  '4.8/udp-restart': 'A UDP flow whose endpoint went while the proxy was away moves after its start.',
  '4.8/udp-node-port': 'UDP flows to the number of a node port on other addresses are left alone.',
  '4.8/udp-terminating': 'A UDP flow stays with an endpoint that terminates while it serves.',
} as const;

/** The name of a row. */
export type RowId = keyof typeof rows;

/** Whether a text names a row. */
export function isRowId(text: string): text is RowId {
  return Object.hasOwn(rows, text);
}

/** The parity checklist: each item that packets can show, and the rows that show it. */
export const checklist: Readonly<Record<string, readonly RowId[]>> = {
  'Model: skip rules': ['1/headless', '1/ExternalName', '1/other-proxy'],
  'Model: family split and lenient addresses': ['1/split-families', '1/ipFamilies', '1/lenient-addresses'],
  'Model: node port and load-balancer address whatever the type': ['1/node-port-any-type', '1/load-balancer-any-type'],
  'Model: ipMode Proxy ignored': ['1/ipMode-Proxy', '1/ipMode-VIP'],
  'Model: source ranges trimmed, /0 means none': ['3.5/trimmed', '3.5/zero'],
  'Model: join by port name': ['1/slice-join', '1/slice-port-numbers'],
  'Model: first address only': ['1/slice-first-address'],
  'Model: deduplication prefers endpoints that do not terminate': ['1/duplicates', '1/duplicate-terminating'],
  'Model: label move of a slice': ['1/slice-label-move'],
  'Choice: node hints, then zone hints': ['2.2/same-node', '2.2/other-nodes', '2.2/same-zone', '2.2/other-zones'],
  'Choice: states and policies': ['2.6/R,L/cluster', '2.6/R,LT/external-local', '2.6/RT,LT/internal-local', '2.6/none'],
  'Choice: with and without detector, with masqueradeAll': ['2.5/no-detector/ClusterIP', '2.5/masqueradeAll/ClusterIP'],
  'Choice: reject or drop': ['2.3/none-internal', '2.3/internal-local-empty', '2.3/external-local-empty'],
  'Choice: the local list ignores hints': ['2.1/local-ignores-hints'],
  'Packets: hooks and priorities': ['3.10/neighbours', '3.10/accepts-nothing'],
  'Packets: port unreachable, for TCP too': ['2.3/none-internal', '3.7/unknown-port'],
  'Packets: unknown port of a cluster IP rejected for any protocol': ['3.7/unknown-port', '3.3/ping'],
  'Packets: unallocated address dropped': ['3.7/unallocated'],
  'Packets: source ranges hold for pods, not for node ports': ['3.5/pods-and-host', '3.5/not-others'],
  'Packets: hairpin': ['2.5/hairpin'],
  'Packets: mark cleared': ['3.4/mark-cleared'],
  'Packets: node ports on primary addresses, never loopback': ['3.8/primary', '3.8/never-loopback'],
  'Packets: affinity survives a restart, expires when idle': ['3.6/restart', '3.6/timeout'],
  'Control: zone label change': ['2.2/zone-change'],
  'Control: ServiceCIDR change at once': ['3.7/cidr-change'],
  'Control: UDP flows': ['4.8/udp-replaced', '4.8/udp-first-endpoint', '4.8/udp-gone', '4.8/udp-restart'],
};
