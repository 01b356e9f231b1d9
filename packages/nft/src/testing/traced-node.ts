import {
  Planner,
  families,
  familyOf,
  nodeView,
  parseAddress,
  parseCidr,
  withDefaults,
  zoneLabel,
} from '@nftproxier/core';
import type {
  Address,
  Cidr,
  Diagnostic,
  EndpointSlice,
  Family,
  KubernetesObject,
  Node,
  Service,
  ServiceCIDR,
} from '@nftproxier/core';
import { FakeNft } from '../fake/index.js';
import type { Ruleset } from '../fake/index.js';
import { createFakeLoadTarget } from '../load/fake-target.js';
import { Loader } from '../load/index.js';
import { defaultTableSettings } from '../ruleset/index.js';
import type { NetworkElements, TableSettings } from '../ruleset/index.js';
import { tracePacket } from '../trace/index.js';
import type { Packet, Trace } from '../trace/index.js';

/** A node under test. What is left out comes from the Node object of its name, if there is one among the objects. */
export interface TracedNodeFields {
  /** The Node's name. */
  readonly name: string;
  /** The Node's zone. */
  readonly zone?: string;
  /** The node's own addresses, the primary one of each family first. Node ports are open at the primary ones. */
  readonly addresses?: readonly string[];
  /** Prefixes of the pods that count as local: the first one of each family. */
  readonly podCIDRs?: readonly string[];
  /** The families it serves. Default: both. */
  readonly families?: readonly Family[];
  /** Give everything that goes to a cluster IP the node's address as its source. Default: no. */
  readonly masqueradeAll?: boolean;
  /** The feature gate `AllowServiceExternalIPs`. Default: on. */
  readonly allowExternalIPs?: boolean;
  /** The ranges that cluster IPs are taken from. Default: those of the ServiceCIDR objects. */
  readonly serviceCIDRs?: readonly string[];
}

/**
 * A node that serves objects without a kernel: what they become is loaded into the fake, step by step as a daemon would
 * do it, and packets are traced through it.
 *
 * @example
 * ```ts
 * import { TracedNode, service, slice } from '@nftproxier/nft/testing';
 *
 * const node = new TracedNode({ name: 'node-a', addresses: ['192.0.2.1'] });
 * await node.serve([
 *   service({ name: 'web', clusterIP: '10.96.0.80', ports: [80] }),
 *   slice({ service: 'web', ports: [8080], endpoints: ['10.244.1.7', '10.244.2.9'] }),
 * ]);
 * const trace = node.trace({
 *   protocol: 'tcp',
 *   from: '10.244.1.5',
 *   to: '10.96.0.80',
 *   port: 80,
 *   arrives: { kind: 'interface', name: 'cni0' },
 * });
 * trace.endpoints.map(({ address }) => address); // => ['10.244.1.7', '10.244.2.9']
 * trace.masquerade; // => false
 * ```
 */
export class TracedNode {
  readonly #fields: TracedNodeFields;
  readonly #fake = new FakeNft();
  readonly #loader = new Loader(createFakeLoadTarget(this.#fake));
  readonly #planner: Planner;
  #settings: string | undefined;
  #localAddresses: readonly Address[] = [];

  constructor(fields: TracedNodeFields) {
    this.#fields = fields;
    this.#planner = new Planner(nodeView(fields.name));
  }

  /** What the fake kernel holds. */
  get ruleset(): Ruleset {
    return this.#fake;
  }

  /** The node's own addresses. */
  get localAddresses(): readonly string[] {
    return this.#localAddresses;
  }

  /** What could not be used of the objects. */
  get diagnostics(): readonly Diagnostic[] {
    const plans = [...this.#planner.plans.values()].flatMap((plan) => plan.diagnostics);
    return [...plans, ...[...this.#planner.orphans.values()].flat()];
  }

  /**
   * Serves these objects and no others: Services, EndpointSlices, Nodes and ServiceCIDRs; other kinds are passed over.
   * Fields that the API server would fill in may be missing.
   *
   * @throws {@link NftRefusedError} if the fake refuses what becomes of an object: that is a bug of this package.
   */
  async serve(objects: Iterable<KubernetesObject>): Promise<void> {
    const all = [...objects].map(withDefaults);
    const surroundings = surroundingsOf(this.#fields, all);
    this.#localAddresses = surroundings.addresses;
    this.#planner.setNode(nodeView(this.#fields.name, surroundings));
    this.#planner.replaceServices(all.filter(({ kind }) => kind === 'Service') as readonly Service[]);
    this.#planner.replaceEndpointSlices(all.filter(({ kind }) => kind === 'EndpointSlice') as readonly EndpointSlice[]);
    const changes = this.#planner.takeChanges();
    const { settings, network } = surroundings;
    if (JSON.stringify(settings) === this.#settings) {
      const { refused } = await this.#loader.apply(changes);
      if (refused[0] !== undefined) throw refused[0].error;
      await this.#loader.applyNetwork(network);
      return;
    }
    const { refused } = await this.#loader.replace({ settings, network, plans: this.#planner.plans.values() });
    if (refused[0] !== undefined) throw refused[0].error;
    this.#settings = JSON.stringify(settings);
  }

  /** Where a packet goes. @throws {@link TraceError} if there can be no such packet. */
  trace(packet: Packet): Trace {
    return tracePacket(this.#fake, packet, this);
  }
}

interface Surroundings {
  readonly zone: string;
  readonly families: readonly Family[];
  readonly detectsLocalPods: readonly Family[];
  readonly masqueradeAll: boolean;
  readonly allowExternalIPs: boolean;
  readonly addresses: readonly Address[];
  readonly settings: TableSettings;
  readonly network: NetworkElements;
}

function surroundingsOf(fields: TracedNodeFields, objects: readonly KubernetesObject[]): Surroundings {
  const node = objects.find(({ kind, metadata }) => kind === 'Node' && metadata?.name === fields.name) as
    Node | undefined;
  const served = fields.families ?? families;
  const { masqueradeAll = false, allowExternalIPs = true } = fields;
  const addresses = (fields.addresses ?? addressesOf(node)).flatMap((text) => parseAddress(text) ?? []);
  const podCIDRs = cidrsOf(fields.podCIDRs ?? node?.spec?.podCIDRs ?? []);
  const localPods = Object.fromEntries(
    served.flatMap((family) => {
      const cidr = podCIDRs.find((one) => familyOf(one) === family);
      return cidr === undefined ? [] : [[family, { kind: 'source', cidr } as const]];
    }),
  );
  const primary = served.flatMap((family) => addresses.find((address) => familyOf(address) === family) ?? []);
  return {
    zone: fields.zone ?? node?.metadata?.labels?.[zoneLabel] ?? '',
    families: served,
    detectsLocalPods: served.filter((family) => family in localPods),
    masqueradeAll,
    allowExternalIPs,
    addresses,
    settings: { ...defaultTableSettings, families: served, masqueradeAll, localPods },
    network: { nodePortAddresses: primary, serviceCIDRs: cidrsOf(fields.serviceCIDRs ?? rangesOf(objects)) },
  };
}

function addressesOf(node: Node | undefined): readonly string[] {
  const ofType = (wanted: string) =>
    (node?.status?.addresses ?? []).flatMap(({ type, address }) => (type === wanted ? (address ?? []) : []));
  return [...ofType('InternalIP'), ...ofType('ExternalIP')];
}

function rangesOf(objects: readonly KubernetesObject[]): readonly string[] {
  return objects.flatMap((object) =>
    object.kind === 'ServiceCIDR' ? ((object as ServiceCIDR).spec?.cidrs ?? []) : [],
  );
}

function cidrsOf(texts: readonly string[]): readonly Cidr[] {
  return texts.flatMap((text) => parseCidr(text) ?? []);
}
