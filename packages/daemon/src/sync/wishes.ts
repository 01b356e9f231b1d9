import { familyOf, nodeView, zoneLabel } from '@nftproxier/core';
import type { Address, Cidr, Family, Node, NodeView } from '@nftproxier/core';
import { lookupsOn } from '@nftproxier/nft';
import type { NetworkElements, TableSettings } from '@nftproxier/nft';
import { featureEnabled } from '../config/index.js';
import type { Configuration } from '../config/index.js';
import { checkNode } from '../host/check-node.js';
import { localPods } from '../host/local-pods.js';
import { inOrder, nodeAddresses } from '../host/node-addresses.js';
import { nodePortScopes } from '../host/node-port-addresses.js';

/** What the daemon knows of the machine it runs on and of the cluster, apart from Services and the configuration. */
export interface Surroundings {
  readonly nodeName: string;
  /** The Node object; undefined if there is none (yet). */
  readonly node: Node | undefined;
  /** Families this machine's kernel has. */
  readonly families: readonly Family[];
  /** Addresses of this machine's interfaces. */
  readonly localAddresses: readonly Address[];
  readonly serviceCIDRs: readonly Cidr[];
  /** The kernel's release (`uname -r`); undefined where the rules must be right on any. */
  readonly kernel: string | undefined;
}

/** What plans and tables on this node depend on, and what to tell a person about it. */
export interface Wishes {
  readonly view: NodeView;
  readonly settings: TableSettings;
  readonly network: NetworkElements;
  readonly warnings: readonly string[];
  /** Set if nothing should be written as long as this holds. */
  readonly problem: string | undefined;
}

/** Whether node ports are open on an address, which may be any that the kernel has seen. */
export function isNodePortAddress(
  { settings, network }: Pick<Wishes, 'settings' | 'network'>,
  localAddresses: readonly Address[],
  address: Address,
): boolean {
  return settings.nodePorts[familyOf(address)].kind === 'all'
    ? localAddresses.includes(address)
    : network.nodePortAddresses.includes(address);
}

/** Works out what the configuration, the Node and the machine together ask for. */
export function wishesOf(configuration: Configuration, around: Surroundings): Wishes {
  const own = nodeAddresses(configuration.bindAddress, around.node);
  const pods = localPods(configuration, around.node, own);
  const node = checkNode(configuration, own, around.families);
  const scopes = nodePortScopes(configuration.nodePortAddresses, own, around.localAddresses);
  const zone: unknown = around.node?.metadata?.labels?.[zoneLabel];
  const { masqueradeAll, masqueradeBit } = configuration.nftables;
  const { algorithm, hashKey, hashSeed } = configuration.nftproxier;
  const listed = around.families.flatMap((family) => {
    const scope = scopes[family];
    return scope.kind === 'listed' ? scope.addresses : [];
  });
  return {
    view: nodeView(around.nodeName, {
      zone: typeof zone === 'string' ? zone : '',
      families: around.families,
      detectsLocalPods: around.families.filter((family) => pods.detectors[family] !== undefined),
      masqueradeAll,
      allowExternalIPs: featureEnabled(configuration.featureGates, 'AllowServiceExternalIPs'),
      addresses: inOrder(own),
      balancing: { algorithm, hashKey, hashSeed },
    }),
    settings: {
      families: around.families,
      masqueradeMark: 2 ** masqueradeBit,
      masqueradeAll,
      localPods: pods.detectors,
      nodePorts: { IPv4: { kind: scopes.IPv4.kind }, IPv6: { kind: scopes.IPv6.kind } },
      counters: configuration.nftproxier.counters,
      lookups: around.kernel === undefined ? 'twice' : lookupsOn(around.kernel),
    },
    network: { nodePortAddresses: listed, serviceCIDRs: around.serviceCIDRs },
    warnings: [...pods.warnings, ...scopes.warnings, ...node.warnings],
    problem: [...node.problems, ...(pods.problem === undefined ? [] : [pods.problem])].join(' ') || undefined,
  };
}
