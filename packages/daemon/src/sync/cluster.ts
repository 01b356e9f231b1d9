import { parseCidr, Planner } from '@nftproxier/core';
import { lastChangeTriggerTimeAnnotation } from '@nftproxier/core';
import type {
  Cidr,
  EndpointSlice,
  Family,
  KubernetesObject,
  Node,
  NodeView,
  Service,
  ServiceCIDR,
} from '@nftproxier/core';
import type { Batch, ObjectKind } from '../sources/source.js';

/** When what led to the latest write of an EndpointSlice happened, as its controller says (RFC 3339). */
export interface Trigger {
  readonly family: Family;
  readonly time: string;
}

/** How many objects of a kind came, changed or went. */
export type ChangeCounts = { readonly [kind in ObjectKind]: number };

/** What is known of the cluster: Services and EndpointSlices in the planner, this node's object, the ranges of cluster IPs. */
export class ClusterState {
  readonly planner: Planner;
  readonly #nodeName: string;
  readonly #complete = new Set<ObjectKind>();
  readonly #serviceCIDRs = new Map<string, readonly Cidr[]>();
  readonly #changes = { Service: 0, EndpointSlice: 0, Node: 0, ServiceCIDR: 0 };
  #triggers: Trigger[] = [];
  #node: Node | undefined;

  constructor(view: NodeView) {
    this.planner = new Planner(view);
    this.#nodeName = view.name;
  }

  /** This node's object, as last seen; undefined if there is none. */
  get node(): Node | undefined {
    return this.#node;
  }

  /** All ranges that cluster IPs are taken from. */
  get serviceCIDRs(): readonly Cidr[] {
    return [...this.#serviceCIDRs.values()].flat();
  }

  /** Changes taken in since the start. */
  get changes(): ChangeCounts {
    return this.#changes;
  }

  /** Trigger times of the EndpointSlices taken in since the last call. */
  takeTriggers(): readonly Trigger[] {
    const taken = this.#triggers;
    this.#triggers = [];
    return taken;
  }

  /** Whether everything there is has been read once of these kinds. */
  isComplete(kinds: readonly ObjectKind[]): boolean {
    return kinds.every((kind) => this.#complete.has(kind));
  }

  /** Takes news in. */
  apply(batch: Batch): void {
    const steps = this.applying(batch);
    while (steps.next().done !== true);
  }

  /** Takes news in, an object or so at each step. They count as complete after the last one. */
  *applying(batch: Batch): Generator<undefined, void> {
    if (batch.kind === 'EndpointSlice') this.#note(batch);
    yield* this.#applying(batch);
    this.#changes[batch.kind] += batch.type === 'replace' ? batch.objects.length : batch.events.length;
    if (batch.type === 'replace') this.#complete.add(batch.kind);
  }

  *#applying(batch: Batch): Generator<undefined, void> {
    const isComplete = batch.type === 'replace';
    switch (batch.kind) {
      case 'Service':
        if (isComplete) yield* this.planner.replacingServices(batch.objects as readonly Service[]);
        else
          this.#each(
            batch,
            (object) => {
              this.planner.setService(object);
            },
            (object) => {
              this.planner.deleteService(object);
            },
          );
        return;
      case 'EndpointSlice':
        if (isComplete) yield* this.planner.replacingEndpointSlices(batch.objects as readonly EndpointSlice[]);
        else
          this.#each(
            batch,
            (object) => {
              this.planner.setEndpointSlice(object);
            },
            (object) => {
              this.planner.deleteEndpointSlice(object);
            },
          );
        return;
      case 'Node':
        if (isComplete) this.#node = batch.objects.find((object) => this.#isOwn(object));
        else
          this.#each(
            batch,
            (object) => {
              this.#setNode(object);
            },
            (object) => {
              this.#deleteNode(object);
            },
          );
        return;
      case 'ServiceCIDR':
        if (isComplete) this.#serviceCIDRs.clear();
        this.#each(
          batch,
          (object) => {
            this.#serviceCIDRs.set(nameOf(object), cidrsOf(object));
          },
          (object) => {
            this.#serviceCIDRs.delete(nameOf(object));
          },
        );
    }
  }

  #each(batch: Batch, set: (object: KubernetesObject) => void, remove: (object: KubernetesObject) => void): void {
    if (batch.type === 'replace') for (const object of batch.objects) set(object);
    else for (const { type, object } of batch.events) (type === 'set' ? set : remove)(object);
  }

  #note(batch: Batch): void {
    const noted =
      batch.type === 'replace'
        ? batch.objects
        : batch.events.filter(({ type }) => type === 'set').map(({ object }) => object);
    for (const slice of noted as readonly EndpointSlice[]) {
      const time: unknown = slice.metadata?.annotations?.[lastChangeTriggerTimeAnnotation];
      const family = slice.addressType;
      if (typeof time === 'string' && (family === 'IPv4' || family === 'IPv6')) this.#triggers.push({ family, time });
    }
  }

  #isOwn(object: KubernetesObject): boolean {
    return nameOf(object) === this.#nodeName;
  }

  #setNode(object: KubernetesObject): void {
    if (this.#isOwn(object)) this.#node = object;
  }

  #deleteNode(object: KubernetesObject): void {
    if (this.#isOwn(object)) this.#node = undefined;
  }
}

function nameOf(object: KubernetesObject): string {
  return object.metadata?.name ?? '';
}

function cidrsOf(object: KubernetesObject): readonly Cidr[] {
  const cidrs: unknown = (object as ServiceCIDR).spec?.cidrs;
  return Array.isArray(cidrs) ? cidrs.flatMap((cidr) => parseCidr(cidr) ?? []) : [];
}
