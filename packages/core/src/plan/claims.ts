import type { ServiceKey, ServiceModel, ServicePort } from '../model/index.js';
import type { Address, Protocol } from '../net/index.js';

/** Something a Service asks for on a node: an address with a port, a node port, or an address as a whole. */
export type Claim = string;

/** The claim of an address and port. */
export function addressClaim(address: string, protocol: Protocol, port: number): Claim {
  return `${address} ${protocol} ${String(port)}`;
}

/** The claim of a node port; each family has its own. */
export function nodePortClaim(family: string, protocol: Protocol, port: number): Claim {
  return `${family} ${protocol} ${String(port)}`;
}

/** The claim of a cluster IP with all its ports, also those its Service does not use. */
export function ownerClaim(address: string): Claim {
  return `owner ${address}`;
}

/** The addresses other than the cluster IP at which a service port is to be reached. */
function outsideAddresses(port: ServicePort, allowExternalIPs: boolean): readonly Address[] {
  return allowExternalIPs ? [...port.externalIPs, ...port.loadBalancerIPs] : port.loadBalancerIPs;
}

/** A Service that asks for something that only one can have. */
interface Claimant {
  readonly service: ServiceKey;
  readonly created: number;
  /** It asks for its own cluster IP, and comes before those who want that address from outside. */
  readonly isOwner: boolean;
}

/** Stands for the API server among Services; no Service has such a name. */
export const apiServer = 'the API server' as ServiceKey;

const reservation: Claimant = { service: apiServer, created: -Infinity, isOwner: true };

/** Several Services that ask for the same. */
interface Rivals {
  readonly claimants: Map<ServiceKey, Claimant>;
  readonly first: Claimant;
}

/**
 * Which Services ask for what, and who of several comes first: the owner of a cluster IP, then the older Service, then the
 * one first by name.
 *
 * A Service that asks for what another keeps disturbs nobody: only where the first one changes are there Services to plan
 * again. Nearly always one Service asks: it is stored bare, so that 100,000 Services cost little memory.
 */
export class Claims {
  readonly #allowExternalIPs: boolean;
  readonly #held = new Map<Claim, Claimant | Rivals>();
  #reserved: ReadonlySet<Claim> = new Set();
  /** Who wants an address from outside, whatever the port: they lose it to the owner of a cluster IP. */
  readonly #wanted = new Map<Address, Set<ServiceKey>>();

  /** @param allowExternalIPs whether `spec.externalIPs` count (`NodeView.allowExternalIPs`). */
  constructor(allowExternalIPs: boolean) {
    this.#allowExternalIPs = allowExternalIPs;
  }

  /**
   * Replaces what a Service asks for.
   *
   * @returns the other Services that now get, or no longer get, something they ask for, or lose it to someone else.
   */
  replace(before: ServiceModel | undefined, after: ServiceModel | undefined): ReadonlySet<ServiceKey> {
    const disturbed = new Set<ServiceKey>();
    const service = after?.key ?? before?.key;
    if (service === undefined) return disturbed;
    const was = this.#claimsOf(before);
    const is = this.#claimsOf(after);
    for (const claim of was.keys()) if (!is.has(claim)) this.#change(claim, service, undefined, disturbed);
    for (const [claim, claimant] of is) {
      if (!isSame(was.get(claim), claimant)) this.#change(claim, service, claimant, disturbed);
    }
    const wanted = this.#outsideAddresses(before);
    const wants = this.#outsideAddresses(after);
    for (const address of wanted) if (!wants.has(address)) this.#unwant(address, service);
    for (const address of wants) if (!wanted.has(address)) this.#want(address, service);
    disturbed.delete(service);
    return disturbed;
  }

  /**
   * Sets aside what no Service may have: where the API server is reached. Who asks for it loses it, however old.
   *
   * @returns the Services that now get, or no longer get, something they ask for.
   */
  reserve(claims: ReadonlySet<Claim>): ReadonlySet<ServiceKey> {
    const disturbed = new Set<ServiceKey>();
    for (const claim of this.#reserved) if (!claims.has(claim)) this.#change(claim, apiServer, undefined, disturbed);
    for (const claim of claims) if (!this.#reserved.has(claim)) this.#change(claim, apiServer, reservation, disturbed);
    this.#reserved = claims;
    disturbed.delete(apiServer);
    return disturbed;
  }

  /** Who comes first of those who ask for something, if that is another Service than the one that asks now. */
  holderOf(asking: ServiceKey, claim: Claim): ServiceKey | undefined {
    const first = firstOf(this.#held.get(claim))?.service;
    return first === asking ? undefined : first;
  }

  #claimsOf(model: ServiceModel | undefined): ReadonlyMap<Claim, Claimant> {
    const claims = new Map<Claim, Claimant>();
    if (model === undefined) return claims;
    const { key: service, created } = model;
    const owner: Claimant = { service, created, isOwner: true };
    const other: Claimant = { service, created, isOwner: false };
    for (const port of model.ports) {
      claims.set(ownerClaim(port.clusterIP), owner);
      for (const address of outsideAddresses(port, this.#allowExternalIPs)) {
        claims.set(addressClaim(address, port.protocol, port.port), other);
      }
      claims.set(addressClaim(port.clusterIP, port.protocol, port.port), owner);
      if (port.nodePort !== 0) claims.set(nodePortClaim(port.family, port.protocol, port.nodePort), other);
    }
    return claims;
  }

  #outsideAddresses(model: ServiceModel | undefined): ReadonlySet<Address> {
    return new Set(model?.ports.flatMap((port) => outsideAddresses(port, this.#allowExternalIPs)));
  }

  #change(claim: Claim, service: ServiceKey, claimant: Claimant | undefined, disturbed: Set<ServiceKey>): void {
    const before = firstOf(this.#held.get(claim))?.service;
    this.#put(claim, service, claimant);
    const now = this.#held.get(claim);
    if (firstOf(now)?.service === before) return;
    for (const rival of servicesOf(now)) disturbed.add(rival);
    if (claim.startsWith('owner ')) {
      for (const loser of this.#wanted.get(claim.slice('owner '.length) as Address) ?? []) disturbed.add(loser);
    }
  }

  #put(claim: Claim, service: ServiceKey, claimant: Claimant | undefined): void {
    const held = this.#held.get(claim);
    const claimants = held === undefined || 'service' in held ? soleMap(held) : held.claimants;
    if (claimant === undefined) claimants.delete(service);
    else claimants.set(service, claimant);
    const [one, two] = claimants.values();
    if (one === undefined) this.#held.delete(claim);
    else if (two === undefined) this.#held.set(claim, one);
    else this.#held.set(claim, { claimants, first: foremost(held, service, claimant, claimants) });
  }

  #want(address: Address, service: ServiceKey): void {
    const wanting = this.#wanted.get(address);
    if (wanting === undefined) this.#wanted.set(address, new Set([service]));
    else wanting.add(service);
  }

  #unwant(address: Address, service: ServiceKey): void {
    const wanting = this.#wanted.get(address);
    wanting?.delete(service);
    if (wanting?.size === 0) this.#wanted.delete(address);
  }
}

function soleMap(sole: Claimant | undefined): Map<ServiceKey, Claimant> {
  return new Map(sole === undefined ? [] : [[sole.service, sole]]);
}

/** Looks at all claimants only if the first one goes or changes. */
function foremost(
  held: Claimant | Rivals | undefined,
  service: ServiceKey,
  claimant: Claimant | undefined,
  claimants: ReadonlyMap<ServiceKey, Claimant>,
): Claimant {
  const first = firstOf(held);
  if (first !== undefined && first.service !== service) {
    return claimant !== undefined && precedes(claimant, first) ? claimant : first;
  }
  return [...claimants.values()].reduce((best, other) => (precedes(other, best) ? other : best));
}

function firstOf(held: Claimant | Rivals | undefined): Claimant | undefined {
  return held !== undefined && 'first' in held ? held.first : held;
}

function servicesOf(held: Claimant | Rivals | undefined): Iterable<ServiceKey> {
  if (held === undefined) return [];
  return 'first' in held ? held.claimants.keys() : [held.service];
}

function precedes(a: Claimant, b: Claimant): boolean {
  if (a.isOwner !== b.isOwner) return a.isOwner;
  return a.created === b.created ? a.service < b.service : a.created < b.created;
}

function isSame(a: Claimant | undefined, b: Claimant): boolean {
  return a?.created === b.created && a.isOwner === b.isOwner;
}
