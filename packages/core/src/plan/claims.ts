import type { ServiceKey, ServicePort } from '../model/index.js';
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

/** Not exclusive: a Service that wants the address from outside, and loses it to the owner of a cluster IP. */
export function outsideClaim(address: string): Claim {
  return `outside ${address}`;
}

/** What a service port asks for that only one Service can have. */
export function exclusiveClaimsOf(port: ServicePort, allowExternalIPs: boolean): readonly Claim[] {
  const addresses = [port.clusterIP, ...outsideAddresses(port, allowExternalIPs)];
  const claims = addresses.map((address) => addressClaim(address, port.protocol, port.port));
  return port.nodePort === 0 ? claims : [...claims, nodePortClaim(port.family, port.protocol, port.nodePort)];
}

/** The addresses other than the cluster IP at which a service port is to be reached. */
export function outsideAddresses(port: ServicePort, allowExternalIPs: boolean): readonly Address[] {
  return allowExternalIPs ? [...port.externalIPs, ...port.loadBalancerIPs] : port.loadBalancerIPs;
}

/**
 * Which Services ask for what. Nearly always one does: it is stored bare, so that 100,000 Services cost little memory.
 */
export class Claims {
  readonly #claimants = new Map<Claim, ServiceKey | Set<ServiceKey>>();

  /** All Services that ask for it. */
  claimants(claim: Claim): Iterable<ServiceKey> {
    const found = this.#claimants.get(claim);
    return found === undefined ? [] : typeof found === 'string' ? [found] : found;
  }

  /** The one Service that asks for it, or undefined if several do or none. */
  only(claim: Claim): ServiceKey | undefined {
    const found = this.#claimants.get(claim);
    return typeof found === 'string' ? found : undefined;
  }

  add(claim: Claim, service: ServiceKey): void {
    const found = this.#claimants.get(claim);
    if (found === undefined || found === service) this.#claimants.set(claim, service);
    else if (typeof found === 'string') this.#claimants.set(claim, new Set([found, service]));
    else found.add(service);
  }

  remove(claim: Claim, service: ServiceKey): void {
    const found = this.#claimants.get(claim);
    if (found === service) this.#claimants.delete(claim);
    if (found === undefined || typeof found === 'string') return;
    found.delete(service);
    const [last] = found;
    if (found.size === 1 && last !== undefined) this.#claimants.set(claim, last);
  }
}
