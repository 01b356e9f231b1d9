import type { Address, Family, Protocol } from '../net/index.js';
import type { Diagnostic } from './diagnostic.js';
import type { ServiceKey } from './service.js';

/** One of `EndpointSlice.endpoints`, read: an address with its conditions and hints. */
export interface SliceEndpoint {
  /** The first of `addresses` (Kubernetes gives the others no meaning): a unicast one of the slice's family. */
  readonly address: Address;
  /** `conditions.ready` is true or absent. */
  readonly ready: boolean;
  /** `conditions.serving` is true or absent. */
  readonly serving: boolean;
  /** `conditions.terminating` is true; absent means false. */
  readonly terminating: boolean;
  /** Empty where the endpoint has no `nodeName`. */
  readonly nodeName: string;
  /** `hints.forZones[].name`. */
  readonly zoneHints: readonly string[];
  /** `hints.forNodes[].name`. */
  readonly nodeHints: readonly string[];
  /** Its zone, as the slice has it; absent where it has none. For reports: what narrows the choice are hints. */
  readonly zone?: string;
  /** From the annotation `nftproxier.io/weights` of the slice: 0 to 65,535. Absent: 1. */
  readonly weight?: number;
}

/** An EndpointSlice, read. */
export interface SliceModel {
  /** `namespace/name` of the slice. */
  readonly key: string;
  /** The Service that the label `kubernetes.io/service-name` names. */
  readonly service: ServiceKey;
  /** `addressType`. Slices of host names (`FQDN`) have no model. */
  readonly family: Family;
  /** `ports` with a name field and a number of 1 to 65535; of those with one name and protocol the first. */
  readonly ports: readonly { readonly name: string; readonly protocol: Protocol; readonly port: number }[];
  /** `endpoints` with a usable address, in the slice's order. */
  readonly endpoints: readonly SliceEndpoint[];
  /** What of the slice is left out, and why. */
  readonly diagnostics: readonly Diagnostic[];
}

/** An endpoint of one service port, merged from all slices of the Service. */
export interface Endpoint extends SliceEndpoint {
  /** Where the endpoint listens: the number that its slice gives the port of this name and protocol. */
  readonly port: number;
}
