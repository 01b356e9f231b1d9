import type { PlanChange, ServiceKey, ServicePlan, ServicePortPlan } from '@nftproxier/core';
import { deltaOf, identityOf } from '../delta/service.js';
import type { ServiceDelta } from '../delta/service.js';
import { missingChains, operationsOf } from '../delta/operations.js';
import type { OwnedDelta, SharedElementChanges } from '../delta/operations.js';
import { contributionOf } from '../ruleset/contribution.js';
import type { Contribution, PlacedElement, PortSlots } from '../ruleset/parts.js';
import { networkOperations } from '../ruleset/network.js';
import { sharedChainName } from '../ruleset/pick.js';
import type { NetworkElements, TableSettings } from '../ruleset/settings.js';
import { slotsFor } from '../slots/assign.js';
import type { Operation } from '../syntax/index.js';
import { CountedElements } from './counted.js';
import type { CountedElement } from './counted.js';
import { finish } from './steps.js';

/** A change worked out, but not made: nothing is remembered of it until it is committed. */
export interface PreparedChange {
  /** For one transaction on the table; empty where nothing differs. */
  readonly operations: readonly Operation[];
  /** Remembers the change as made. To be called once, after the operations took effect and before anything else is prepared. */
  commit(): void;
}

/** How changes are prepared. */
export interface PrepareOptions {
  /** One operation per set, instead of one per set and service: faster for many services. */
  readonly grouped?: boolean;
}

/** How many things the table holds. */
export interface TableCounts {
  /** Services with a plan, also those whose plan has no ports. */
  readonly services: number;
  /** Ports of those plans, each once per family. */
  readonly servicePorts: number;
  /** Slots of service ports; each is an element per frontend. */
  readonly slots: number;
  /** Chains made for numbers of endpoints that occurred; they are kept as long as the table. */
  readonly sharedChains: number;
}

interface ServiceState {
  readonly plan: ServicePlan;
  /** One per port of the plan. */
  readonly slots: readonly PortSlots[];
}

/**
 * What a table holds, as far as it takes to work out the next change: the plans and slots of services, from which their
 * elements follow, and how many services need each shared element. The kernel is never asked.
 *
 * The cost of a change depends on the service it concerns, not on how many there are.
 */
export class TableModel {
  /** What the table's fixed part was made from. */
  readonly settings: TableSettings;
  readonly #services = new Map<ServiceKey, ServiceState>();
  readonly #users = new Map<string, number>();
  readonly #chains = new Set<string>();
  readonly #staleChains = new Set<string>();
  readonly #counted = new CountedElements();
  readonly #elementCounts = new Map<string, number>();
  #network: NetworkElements = { nodePortAddresses: [], serviceCIDRs: [] };
  #slots = 0;
  #servicePorts = 0;

  constructor(settings: TableSettings) {
    this.settings = settings;
  }

  /** Taken from running totals: the cost does not depend on the table's size. */
  get counts(): TableCounts {
    return {
      services: this.#services.size,
      servicePorts: this.#servicePorts,
      slots: this.#slots,
      sharedChains: this.#chains.size,
    };
  }

  /** What the table holds of node and cluster beside Services. */
  get network(): NetworkElements {
    return this.#network;
  }

  /** The elements that count new connections, by set and key; none where counters are off. */
  get counted(): ReadonlyMap<string, ReadonlyMap<string, CountedElement>> {
    return this.#counted.sets;
  }

  /** How many elements each set has for Services; a set that is not named has none. Running totals. */
  get elementCounts(): ReadonlyMap<string, number> {
    return this.#elementCounts;
  }

  /** Chains made for numbers of endpoints that occurred. */
  get sharedChains(): ReadonlySet<string> {
    return this.#chains;
  }

  /** What a service adds to the table, worked out from its plan and slots. */
  contributionsOf(service: ServiceKey): readonly Contribution[] {
    return this.#contributions(this.#services.get(service));
  }

  /** The plan the table holds of a service. */
  planOf(service: ServiceKey): ServicePlan | undefined {
    return this.#services.get(service)?.plan;
  }

  /** Services the table holds. */
  services(): IterableIterator<ServiceKey> {
    return this.#services.keys();
  }

  /** The slots of a service's ports, in the order of its plan. */
  slotsOf(service: ServiceKey): readonly PortSlots[] {
    return this.#services.get(service)?.slots ?? [];
  }

  /** The sets in which rules remember clients: those of service ports with session affinity. */
  *clientSets(): Generator<string> {
    for (const state of this.#services.values()) {
      if (!state.plan.ports.some(({ affinity }) => affinity !== undefined)) continue;
      for (const { ownSets } of this.#contributions(state)) {
        for (const { name, flags } of ownSets) if (flags?.includes('dynamic') === true) yield name;
      }
    }
  }

  /** Works out the operations that bring plans into the table. Each service may occur once. */
  prepare(changes: readonly PlanChange[], options?: PrepareOptions): PreparedChange {
    return finish(this.preparing(changes, options));
  }

  /** As {@link prepare}, one service at each step, for who must not be kept long by many. Nothing may be committed meanwhile. */
  *preparing(
    changes: readonly PlanChange[],
    { grouped = false }: PrepareOptions = {},
  ): Generator<undefined, PreparedChange> {
    const next = new Map<ServiceKey, ServiceState | undefined>();
    const deltas: OwnedDelta[] = [];
    for (const { service, plan } of changes) {
      // A change of one service is not worth a pause.
      if (deltas.length > 0) yield;
      const before = this.#services.get(service);
      const after = plan === undefined ? undefined : { plan, slots: portSlotsFor(plan, before) };
      next.set(service, after);
      const delta = deltaOf(this.#contributions(before), this.#contributions(after));
      deltas.push({ owner: service, delta });
    }
    if (deltas.length > 1) yield;
    const users = this.#countUsers(deltas);
    const newChains = missingChains(
      deltas.flatMap(({ delta }) => delta.chains),
      this.#chains,
    );
    if (deltas.length > 1) yield;
    const operations = operationsOf(deltas, users.changes, newChains, this.settings, grouped);
    if (deltas.length > 1) yield;
    const commit = (): void => {
      for (const [service, state] of next) this.#remember(service, state);
      for (const [identity, count] of users.counts) {
        if (count === 0) this.#users.delete(identity);
        else this.#users.set(identity, count);
      }
      for (const chain of newChains) this.#chains.add(sharedChainName(chain));
      for (const { delta } of deltas) this.#rememberChains(delta);
      this.#countElements(deltas, users.changes);
      if (this.settings.counters === 'off') return;
      this.#counted.change(deltas);
      this.#counted.changeShared(users.changes.remove, users.changes.add);
    };
    return { operations, commit };
  }

  /** Works out the operations that bring addresses for node ports and the cluster's IP ranges into the table. */
  prepareNetwork(network: NetworkElements): PreparedChange {
    const operations = networkOperations(this.#network, network, this.settings);
    const commit = (): void => {
      this.#network = network;
    };
    return { operations, commit };
  }

  /**
   * Works out the deletion of chains that earlier changes emptied. In a transaction of its own, and later: kernels
   * before 6.2 notice only after a while that no element leads to a chain any more, and refuse to delete it till then.
   */
  prepareCleanup(): PreparedChange {
    const stale = [...this.#staleChains];
    const operations = stale.map((chain): Operation => ({ op: 'delete-chain', chain }));
    const commit = (): void => {
      for (const chain of stale) this.#staleChains.delete(chain);
    };
    return { operations, commit };
  }

  /** Whether {@link prepareCleanup} has anything to delete. */
  get hasStaleChains(): boolean {
    return this.#staleChains.size > 0;
  }

  #contributions(state: ServiceState | undefined): readonly Contribution[] {
    return (state?.plan.ports ?? []).map((port, index) =>
      contributionOf(state?.plan.service ?? '', port, state?.slots[index] ?? noSlots, this.settings),
    );
  }

  #countUsers(deltas: readonly OwnedDelta[]) {
    const counts = new Map<string, number>();
    const placed = new Map<string, PlacedElement>();
    const count = (element: PlacedElement, change: number): void => {
      const identity = identityOf(element);
      counts.set(identity, (counts.get(identity) ?? this.#users.get(identity) ?? 0) + change);
      placed.set(identity, element);
    };
    for (const { delta } of deltas) {
      for (const element of delta.release) count(element, -1);
      for (const element of delta.acquire) count(element, 1);
    }
    const remove: PlacedElement[] = [];
    const add: PlacedElement[] = [];
    for (const [identity, after] of counts) {
      const element = placed.get(identity);
      const before = this.#users.get(identity) ?? 0;
      if (element === undefined || before > 0 === after > 0) continue;
      (after > 0 ? add : remove).push(element);
    }
    return { counts, changes: { remove, add } };
  }

  #remember(service: ServiceKey, state: ServiceState | undefined): void {
    this.#tally(this.#services.get(service), -1);
    this.#tally(state, 1);
    if (state === undefined) this.#services.delete(service);
    else this.#services.set(service, state);
  }

  #tally(state: ServiceState | undefined, sign: 1 | -1): void {
    this.#servicePorts += sign * (state?.slots.length ?? 0);
    for (const { cluster, local } of state?.slots ?? []) this.#slots += sign * (cluster.length + local.length);
  }

  #countElements(deltas: readonly OwnedDelta[], shared: SharedElementChanges): void {
    const count = (set: string, change: number): void => {
      this.#elementCounts.set(set, (this.#elementCounts.get(set) ?? 0) + change);
    };
    for (const { delta } of deltas) {
      for (const [set, elements] of delta.remove) count(set, -elements.length);
      for (const [set, elements] of delta.add) count(set, elements.length);
    }
    for (const { set } of shared.remove) count(set, -1);
    for (const { set } of shared.add) count(set, 1);
  }

  #rememberChains({ addChains, deleteChains }: ServiceDelta): void {
    for (const chain of deleteChains) this.#staleChains.add(chain);
    for (const { name } of addChains) this.#staleChains.delete(name);
  }
}

const noSlots: PortSlots = { cluster: [], local: [] };

/** The slots of a plan, moved as little as possible from those its ports had before. */
function portSlotsFor(plan: ServicePlan, before: ServiceState | undefined): readonly PortSlots[] {
  const known = new Map(before?.plan.ports.map((port, index) => [identityOfPort(port), before.slots[index]]));
  return plan.ports.map((port): PortSlots => {
    const was = known.get(identityOfPort(port)) ?? noSlots;
    const { algorithm } = port;
    return {
      cluster: slotsFor(was.cluster, port.cluster, algorithm),
      local: slotsFor(was.local, port.local, algorithm),
    };
  });
}

function identityOfPort(port: ServicePortPlan): string {
  return `${port.family} ${port.protocol} ${port.portName}`;
}
