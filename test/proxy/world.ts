import type { Address, KubernetesObject as CoreObject } from '@nftproxier/core';
import { parseAddress } from '@nftproxier/core';
import { loadConfiguration } from '../../packages/daemon/src/config/index.js';
import type { Configuration } from '../../packages/daemon/src/config/index.js';
import { objectKinds } from '../../packages/daemon/src/sources/source.js';
import { ClusterState } from '../../packages/daemon/src/sync/cluster.js';
import { isNodePortAddress, wishesOf } from '../../packages/daemon/src/sync/wishes.js';
import type { Wishes } from '../../packages/daemon/src/sync/wishes.js';
import { addresses } from '../lab/index.js';
import type { ScenarioNode, World } from '../scenarios/format.js';
import { nodeAddresses } from '../scenarios/tracing.js';

const nodeName = 'node-a';

/** What the daemon would make of a scenario's worlds, one after the other: the same configuration, cluster and wishes. */
export class ScenarioCluster {
  readonly state: ClusterState;
  #wishes: Wishes;
  #local: readonly Address[] = [];

  constructor(world: World) {
    this.#wishes = wishes(world, undefined);
    this.state = new ClusterState(this.#wishes.view);
    this.apply(world);
  }

  get wishes(): Wishes {
    return this.#wishes;
  }

  /** Whether node ports are open on an address of this node. */
  readonly isNodePortAddress = (address: Address): boolean => isNodePortAddress(this.#wishes, this.#local, address);

  apply(world: World): void {
    this.#local = localAddresses(world);
    const all = [...world.objects, nodeObject(world.node), serviceCIDR(world.node)] as readonly CoreObject[];
    for (const kind of objectKinds) {
      this.state.apply({ kind, type: 'replace', objects: all.filter((object) => object.kind === kind) });
    }
    this.#wishes = wishes(world, this.state);
    this.state.planner.setNode(this.#wishes.view);
  }
}

function wishes(world: World, state: ClusterState | undefined): Wishes {
  return wishesOf(configurationOf(world.node), {
    nodeName,
    node: state?.node,
    families: world.node.families,
    localAddresses: localAddresses(world),
    serviceCIDRs: state?.serviceCIDRs ?? [],
    kernel: undefined,
  });
}

function localAddresses({ node }: World): readonly Address[] {
  return [...nodeAddresses, ...node.extraAddresses].flatMap((text) => parseAddress(text) ?? []);
}

/** A configuration file that says what the scenario says, read by the daemon's own loader. */
function configurationOf(node: ScenarioNode): Configuration {
  const file = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    hostnameOverride: nodeName,
    detectLocalMode: node.detectLocalMode === 'None' ? 'ClusterCIDR' : node.detectLocalMode,
    clusterCIDR: node.detectLocalMode === 'ClusterCIDR' ? ofFamilies(node.clusterCIDRs, node).join(',') : '',
    detectLocal: { bridgeInterface: node.bridgeInterface, interfaceNamePrefix: node.interfaceNamePrefix },
    nodePortAddresses: node.nodePortAddresses.length === 0 ? ['0.0.0.0/0', '::/0'] : node.nodePortAddresses,
    nftables: { masqueradeAll: node.masqueradeAll },
    featureGates: { AllowServiceExternalIPs: node.allowExternalIPs },
  };
  const loaded = loadConfiguration({ argv: ['--config', 'scenario'], readFile: () => JSON.stringify(file), env: {} });
  if (!loaded.ok) throw new Error(`the scenario's node makes no configuration: ${JSON.stringify(loaded.problems)}`);
  return loaded.configuration;
}

function nodeObject(node: ScenarioNode): unknown {
  const labels = node.zone === '' ? {} : { 'topology.kubernetes.io/zone': node.zone };
  return {
    kind: 'Node',
    metadata: { name: nodeName, labels },
    spec: { podCIDRs: ofFamilies(node.podCIDRs, node) },
    status: {
      addresses: node.families.map((family) => ({ type: 'InternalIP', address: addresses['node-a'][family] })),
    },
  };
}

function serviceCIDR(node: ScenarioNode): unknown {
  return { kind: 'ServiceCIDR', metadata: { name: 'kubernetes' }, spec: { cidrs: node.serviceCIDRs } };
}

function ofFamilies(cidrs: readonly string[], { families }: ScenarioNode): readonly string[] {
  return cidrs.filter((cidr) => families.includes(cidr.includes(':') ? 'IPv6' : 'IPv4'));
}
