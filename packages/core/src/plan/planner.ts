import type { EndpointSlice, KubernetesObject, Service } from '../kubernetes/index.js';
import type { Diagnostic, NodeView, ServiceKey, ServiceModel, SliceModel } from '../model/index.js';
import type { Address } from '../net/index.js';
import { serviceKeyOf, sliceKeyOf, translateService, translateSlice } from '../translate/index.js';
import { Claims, exclusiveClaimsOf, outsideAddresses, outsideClaim, ownerClaim } from './claims.js';
import type { Claim } from './claims.js';
import { planService } from './service.js';
import type { FrontendKind } from './service.js';
import type { ServicePlan } from './plan.js';

/** A Service whose plan was made anew: `plan` is undefined when the Service is gone. */
export interface PlanChange {
  readonly service: ServiceKey;
  readonly plan: ServicePlan | undefined;
}

/**
 * Keeps what is known of a cluster's Services and EndpointSlices, and plans what one node does for them.
 *
 * Guarantees:
 * - The plans depend on the objects and the node alone, not on the order in which they came.
 * - A change of an object plans its own Service again, and those that compete with it for an address; no other.
 * - No method throws on account of an object. What cannot be used is in {@link ServicePlan.diagnostics} or, for objects
 *   that belong to no Service, in {@link Planner.orphans}.
 */
export class Planner {
  #node: NodeView;
  readonly #services = new Map<ServiceKey, ServiceModel>();
  readonly #slices = new Map<ServiceKey, Map<string, SliceModel>>();
  readonly #sliceService = new Map<string, ServiceKey>();
  readonly #claims = new Claims();
  readonly #plans = new Map<ServiceKey, ServicePlan>();
  readonly #dirty = new Set<ServiceKey>();
  readonly #orphans = new Map<string, readonly Diagnostic[]>();

  constructor(node: NodeView) {
    this.#node = node;
  }

  /** The node the plans are made for. */
  get node(): NodeView {
    return this.#node;
  }

  /** The plans as of the last {@link takeChanges}, by Service. */
  get plans(): ReadonlyMap<ServiceKey, ServicePlan> {
    return this.#plans;
  }

  /** What is wrong with objects that belong to no Service, by `Kind namespace/name`. */
  get orphans(): ReadonlyMap<string, readonly Diagnostic[]> {
    return this.#orphans;
  }

  /** Whether {@link takeChanges} would return anything. */
  get pending(): boolean {
    return this.#dirty.size > 0;
  }

  /** Plans everything anew if the node differs from the one known so far. */
  setNode(node: NodeView): void {
    if (JSON.stringify(node) === JSON.stringify(this.#node)) return;
    const claimsChange = node.allowExternalIPs !== this.#node.allowExternalIPs;
    if (claimsChange) for (const key of this.#services.keys()) this.#claim(key, undefined);
    this.#node = node;
    for (const [key, model] of this.#services) {
      if (claimsChange) this.#claim(key, model);
      this.#dirty.add(key);
    }
  }

  /** Adds or replaces a Service. */
  setService(service: Service): void {
    const { model, diagnostics } = translateService(service);
    this.#report('Service', service, model === undefined ? diagnostics : []);
    if (model === undefined) return;
    this.#claim(model.key, model);
    this.#services.set(model.key, model);
    this.#dirty.add(model.key);
  }

  /** Removes a Service; nothing happens if it is not known. */
  deleteService(service: KubernetesObject): void {
    const key = serviceKeyOf(service);
    this.#report('Service', service, []);
    if (key !== undefined) this.#deleteServiceByKey(key);
  }

  /** Makes these all the Services there are. */
  replaceServices(services: Iterable<Service>): void {
    const gone = new Set(this.#services.keys());
    for (const service of services) {
      this.setService(service);
      const key = serviceKeyOf(service);
      if (key !== undefined) gone.delete(key);
    }
    for (const key of gone) this.#deleteServiceByKey(key);
  }

  /** Adds or replaces an EndpointSlice, also one that moves from one Service to another. */
  setEndpointSlice(slice: EndpointSlice): void {
    const { model, diagnostics } = translateSlice(slice);
    this.#report('EndpointSlice', slice, model === undefined ? diagnostics : []);
    const key = sliceKeyOf(slice);
    if (key === undefined) return;
    if (model?.service !== this.#sliceService.get(key)) this.#deleteSliceByKey(key);
    if (model === undefined) return;
    const siblings = this.#slices.get(model.service) ?? new Map<string, SliceModel>();
    siblings.set(key, model);
    this.#slices.set(model.service, siblings);
    this.#sliceService.set(key, model.service);
    this.#dirty.add(model.service);
  }

  /** Removes an EndpointSlice; nothing happens if it is not known. */
  deleteEndpointSlice(slice: KubernetesObject): void {
    const key = sliceKeyOf(slice);
    this.#report('EndpointSlice', slice, []);
    if (key !== undefined) this.#deleteSliceByKey(key);
  }

  /** Makes these all the EndpointSlices there are. */
  replaceEndpointSlices(slices: Iterable<EndpointSlice>): void {
    const gone = new Set(this.#sliceService.keys());
    for (const slice of slices) {
      this.setEndpointSlice(slice);
      const key = sliceKeyOf(slice);
      if (key !== undefined) gone.delete(key);
    }
    for (const key of gone) this.#deleteSliceByKey(key);
  }

  /** Plans what changed since the last call. In the order of the Services' names. */
  takeChanges(): readonly PlanChange[] {
    const keys = [...this.#dirty].sort();
    this.#dirty.clear();
    return keys.flatMap((key): PlanChange[] => {
      const service = this.#services.get(key);
      if (service === undefined) return this.#plans.delete(key) ? [{ service: key, plan: undefined }] : [];
      const slices = [...(this.#slices.get(key)?.values() ?? [])];
      const holderOf = (claim: Claim, kind: FrontendKind, address?: Address): ServiceKey | undefined =>
        this.#holderOf(service, claim, kind, address);
      const plan = planService({ service, slices, node: this.#node, holderOf });
      this.#plans.set(key, plan);
      return [{ service: key, plan }];
    });
  }

  #deleteServiceByKey(key: ServiceKey): void {
    if (!this.#services.has(key)) return;
    this.#claim(key, undefined);
    this.#services.delete(key);
    this.#dirty.add(key);
  }

  #deleteSliceByKey(key: string): void {
    const service = this.#sliceService.get(key);
    if (service === undefined) return;
    this.#sliceService.delete(key);
    const siblings = this.#slices.get(service);
    siblings?.delete(key);
    if (siblings?.size === 0) this.#slices.delete(service);
    this.#dirty.add(service);
  }

  /** Moves the claims of a Service from what it asked for to what it asks for; competitors are planned again. */
  #claim(key: ServiceKey, model: ServiceModel | undefined): void {
    const before = this.#exclusiveClaims(this.#services.get(key));
    const after = this.#exclusiveClaims(model);
    this.#move(before, after, key);
    for (const claim of new Set([...before, ...after])) this.#competitors(claim, key);

    const owned = clusterIPsOf(this.#services.get(key));
    const owns = clusterIPsOf(model);
    this.#move(owned.map(ownerClaim), owns.map(ownerClaim), key);
    for (const address of new Set([...owned, ...owns])) this.#competitors(outsideClaim(address), key);

    this.#move(this.#outsideClaims(this.#services.get(key)), this.#outsideClaims(model), key);
  }

  #move(before: readonly Claim[], after: readonly Claim[], key: ServiceKey): void {
    for (const claim of before) if (!after.includes(claim)) this.#claims.remove(claim, key);
    for (const claim of after) this.#claims.add(claim, key);
  }

  #competitors(claim: Claim, key: ServiceKey): void {
    if (this.#claims.only(claim) === key) return;
    for (const competitor of this.#claims.claimants(claim)) this.#dirty.add(competitor);
  }

  #exclusiveClaims(model: ServiceModel | undefined): readonly Claim[] {
    return [...new Set(model?.ports.flatMap((port) => exclusiveClaimsOf(port, this.#node.allowExternalIPs)))];
  }

  #outsideClaims(model: ServiceModel | undefined): readonly Claim[] {
    const addresses = model?.ports.flatMap((port) => outsideAddresses(port, this.#node.allowExternalIPs));
    return [...new Set(addresses)].map(outsideClaim);
  }

  /**
   * Who has a claim instead of the Service that asks: the owner of a cluster IP comes before anyone who wants that
   * address from outside, then the older Service, then the one first by name.
   */
  #holderOf(asking: ServiceModel, claim: Claim, kind: FrontendKind, address?: Address): ServiceKey | undefined {
    if (kind !== 'ClusterIP' && address !== undefined) {
      const owner = this.#best(ownerClaim(address), () => true);
      if (owner !== undefined && owner.key !== asking.key) return owner.key;
    }
    if (this.#claims.only(claim) === asking.key) return undefined;
    const isClusterIP = (model: ServiceModel): boolean => model.ports.some((port) => port.clusterIP === address);
    const best = kind === 'ClusterIP' ? this.#best(claim, isClusterIP) : this.#best(claim, () => true);
    return best === undefined || best.key === asking.key ? undefined : best.key;
  }

  #best(claim: Claim, qualifies: (model: ServiceModel) => boolean): ServiceModel | undefined {
    let best: ServiceModel | undefined;
    for (const key of this.#claims.claimants(claim)) {
      const model = this.#services.get(key);
      if (model !== undefined && qualifies(model) && (best === undefined || precedes(model, best))) best = model;
    }
    return best;
  }

  #report(kind: string, object: KubernetesObject, diagnostics: readonly Diagnostic[]): void {
    const [first] = diagnostics;
    const key = `${kind} ${first?.namespace ?? object.metadata?.namespace ?? ''}/${first?.name ?? object.metadata?.name ?? ''}`;
    if (first === undefined) this.#orphans.delete(key);
    else if (this.#orphans.has(key) || this.#orphans.size < mostOrphans) this.#orphans.set(key, diagnostics);
  }
}

/** Most objects of no Service that are remembered for reports. */
const mostOrphans = 1_000;

function clusterIPsOf(model: ServiceModel | undefined): readonly Address[] {
  return [...new Set(model?.ports.map((port) => port.clusterIP))];
}

function precedes(a: ServiceModel, b: ServiceModel): boolean {
  return a.created === b.created ? a.key < b.key : a.created < b.created;
}
