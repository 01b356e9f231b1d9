import type { EndpointSlice, KubernetesObject, Service } from '../kubernetes/index.js';
import { quote } from '../model/index.js';
import type { Diagnostic, NodeView, ServiceKey, ServiceModel, SliceModel } from '../model/index.js';
import { serviceKeyOf, sliceKeyOf, sliceOwnerOf, translateService, translateSlice } from '../translate/index.js';
import { metadataOf } from '../translate/fields.js';
import { addressClaim, Claims } from './claims.js';
import type { Claim } from './claims.js';
import { distributionOf } from './distribution.js';
import type { PortDistribution } from './distribution.js';
import { planService } from './service.js';
import type { ServicePlan } from './plan.js';

/** A Service whose plan was made anew: `plan` is undefined when the Service is gone. */
export interface PlanChange {
  /** The Service that changed, or whose endpoints, rivals or node did. */
  readonly service: ServiceKey;
  /** The whole new plan, not the difference; undefined when the Service is gone. */
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
  #claims: Claims;
  readonly #services = new Map<ServiceKey, ServiceModel>();
  /** As they came, and read again for each plan: whoever hands them in keeps them anyway, and a model is as large again. */
  readonly #slices = new Map<ServiceKey, Map<string, EndpointSlice>>();
  readonly #sliceService = new Map<string, ServiceKey>();
  readonly #plans = new Map<ServiceKey, ServicePlan>();
  readonly #dirty = new Set<ServiceKey>();
  readonly #orphans = new Map<string, readonly Diagnostic[]>();

  constructor(node: NodeView) {
    this.#node = node;
    this.#claims = new Claims(node.allowExternalIPs);
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

  /** `metadata.uid` of the Service of this namespace and name; undefined where there is none, or its source gives none. */
  uidOf(service: KubernetesObject): string | undefined {
    const key = serviceKeyOf(service);
    const uid = key === undefined ? undefined : this.#services.get(key)?.uid;
    return uid === '' ? undefined : uid;
  }

  /** Whether {@link takeChanges} would return anything. */
  get pending(): boolean {
    return this.#dirty.size > 0;
  }

  /** Plans everything anew if the node differs from the one known so far. */
  setNode(node: NodeView): void {
    if (JSON.stringify(node) === JSON.stringify(this.#node)) return;
    if (node.allowExternalIPs !== this.#node.allowExternalIPs) {
      this.#claims = new Claims(node.allowExternalIPs);
      for (const model of this.#services.values()) this.#claims.replace(undefined, model);
      this.#reserveApiServer();
    }
    this.#node = node;
    for (const key of this.#services.keys()) this.#dirty.add(key);
  }

  /** Adds or replaces a Service. */
  setService(service: Service): void {
    const { model, diagnostics } = translateService(service);
    this.#report('Service', service, model === undefined ? diagnostics : []);
    if (model !== undefined) this.#replaceService(model.key, model);
  }

  /** Removes a Service; nothing happens if it is not known. */
  deleteService(service: KubernetesObject): void {
    const key = serviceKeyOf(service);
    this.#report('Service', service, []);
    if (key !== undefined && this.#services.has(key)) this.#replaceService(key, undefined);
  }

  /** Makes these all the Services there are. */
  replaceServices(services: Iterable<Service>): void {
    finish(this.replacingServices(services));
  }

  /**
   * As {@link replaceServices}, one Service at each step, for who must not be kept long by a large cluster. Other changes may
   * come in between; what is gone is removed in the last step.
   */
  *replacingServices(services: Iterable<Service>): Generator<undefined, void> {
    const gone = new Set(this.#services.keys());
    this.#forget('Service');
    for (const service of services) {
      this.setService(service);
      const key = serviceKeyOf(service);
      if (key !== undefined) gone.delete(key);
      yield;
    }
    for (const key of gone) this.#replaceService(key, undefined);
  }

  /**
   * Adds or replaces an EndpointSlice, also one that moves from one Service to another. It is kept, and must not change: a
   * slice that changed is another object.
   */
  setEndpointSlice(slice: EndpointSlice): void {
    const { service, diagnostics } = sliceOwnerOf(slice);
    this.#report('EndpointSlice', slice, diagnostics);
    const key = sliceKeyOf(slice);
    if (key === undefined) return;
    if (service !== this.#sliceService.get(key)) this.#deleteSliceByKey(key);
    if (service === undefined) return;
    const siblings = this.#slices.get(service) ?? new Map<string, EndpointSlice>();
    siblings.set(key, slice);
    this.#slices.set(service, siblings);
    this.#sliceService.set(key, service);
    this.#endpointsChanged(service);
  }

  /** Removes an EndpointSlice; nothing happens if it is not known. */
  deleteEndpointSlice(slice: KubernetesObject): void {
    const key = sliceKeyOf(slice);
    this.#report('EndpointSlice', slice, []);
    if (key !== undefined) this.#deleteSliceByKey(key);
  }

  /** Makes these all the EndpointSlices there are. */
  replaceEndpointSlices(slices: Iterable<EndpointSlice>): void {
    finish(this.replacingEndpointSlices(slices));
  }

  /** As {@link replaceEndpointSlices}, one slice at each step; see {@link replacingServices}. */
  *replacingEndpointSlices(slices: Iterable<EndpointSlice>): Generator<undefined, void> {
    const gone = new Set(this.#sliceService.keys());
    this.#forget('EndpointSlice');
    for (const slice of slices) {
      this.setEndpointSlice(slice);
      const key = sliceKeyOf(slice);
      if (key !== undefined) gone.delete(key);
      yield;
    }
    for (const key of gone) this.#deleteSliceByKey(key);
  }

  /** Which zones the connections of a Service go to, and why; undefined if it is not known. See {@link distributionOf}. */
  distributionOf(key: ServiceKey): readonly PortDistribution[] | undefined {
    const service = this.#services.get(key);
    if (service === undefined) return undefined;
    return distributionOf({ service, slices: this.#slicesOf(key), node: this.#node });
  }

  /**
   * Plans what changed since the last call. In the order of the Services' names.
   *
   * @param most Services that are planned at once; the others wait for the next call, as {@link Planner.pending} says. It
   *   keeps a first list of a large cluster from taking seconds in one go.
   */
  takeChanges(most = Infinity): readonly PlanChange[] {
    return this.#takeDirty(most).flatMap((key): PlanChange[] => {
      const service = this.#services.get(key);
      if (service === undefined) return this.#plans.delete(key) ? [{ service: key, plan: undefined }] : [];
      const slices = this.#slicesOf(key);
      const holderOf = (claim: Claim): ServiceKey | undefined => this.#claims.holderOf(key, claim);
      const plan = planService({ service, slices, node: this.#node, holderOf });
      this.#plans.set(key, plan);
      return [{ service: key, plan }];
    });
  }

  #slicesOf(key: ServiceKey): readonly SliceModel[] {
    return [...(this.#slices.get(key)?.values() ?? [])].flatMap((slice) => translateSlice(slice).model ?? []);
  }

  #takeDirty(most: number): readonly ServiceKey[] {
    const keys: ServiceKey[] = [];
    for (const key of this.#dirty) {
      if (keys.length >= most) break;
      keys.push(key);
      this.#dirty.delete(key);
    }
    return keys.sort();
  }

  #replaceService(key: ServiceKey, model: ServiceModel | undefined): void {
    for (const rival of this.#claims.replace(this.#services.get(key), model)) this.#dirty.add(rival);
    if (model === undefined) this.#services.delete(key);
    else this.#services.set(key, model);
    this.#dirty.add(key);
  }

  #deleteSliceByKey(key: string): void {
    const service = this.#sliceService.get(key);
    if (service === undefined) return;
    this.#sliceService.delete(key);
    const siblings = this.#slices.get(service);
    siblings?.delete(key);
    if (siblings?.size === 0) this.#slices.delete(service);
    this.#endpointsChanged(service);
  }

  /** Slices may come before their Service, which is planned when it comes. */
  #endpointsChanged(service: ServiceKey): void {
    if (service === apiServerService) this.#reserveApiServer();
    if (this.#services.has(service)) this.#dirty.add(service);
  }

  /** No Service gets the addresses and ports at which the API server answers: who had them would have the cluster. */
  #reserveApiServer(): void {
    const slices = this.#slicesOf(apiServerService);
    const claims = slices.flatMap(({ ports, endpoints }) =>
      endpoints.flatMap(({ address }) => ports.map(({ protocol, port }) => addressClaim(address, protocol, port))),
    );
    for (const key of this.#claims.reserve(new Set(claims.slice(0, mostReserved)))) this.#dirty.add(key);
  }

  #report(kind: OrphanKind, object: KubernetesObject, diagnostics: readonly Diagnostic[]): void {
    const key = `${kind} ${nameOf(kind, object)}`;
    if (diagnostics.length === 0) this.#orphans.delete(key);
    else if (this.#orphans.has(key) || this.#orphans.size < mostOrphans) this.#orphans.set(key, diagnostics);
  }

  #forget(kind: OrphanKind): void {
    for (const key of [...this.#orphans.keys()]) if (key.startsWith(`${kind} `)) this.#orphans.delete(key);
  }
}

/** The Service whose endpoints are the API servers. */
const apiServerService = 'default/kubernetes' as ServiceKey;

/** More API servers than there are in any cluster. */
const mostReserved = 1_000;

/** Goes through all steps at once. */
function finish(steps: Generator<undefined, void>): void {
  while (steps.next().done !== true);
}

type OrphanKind = 'Service' | 'EndpointSlice';

/** Most objects of no Service that are remembered for reports. */
const mostOrphans = 1_000;

function nameOf(kind: OrphanKind, object: KubernetesObject): string {
  const key = kind === 'Service' ? serviceKeyOf(object) : sliceKeyOf(object);
  if (key !== undefined) return key;
  const { namespace, name } = metadataOf(object);
  return `${quote(namespace)}/${quote(name)}`;
}
