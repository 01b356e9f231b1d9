import type { Address, Family, Protocol } from '../net/index.js';
import type { Diagnostic } from './diagnostic.js';
import type { ServiceKey } from './service.js';

/** One of `EndpointSlice.endpoints`, read: an address with its conditions and hints. */
export interface SliceEndpoint {
  readonly address: Address;
  /** `conditions.ready` is true or absent. */
  readonly ready: boolean;
  /** `conditions.serving` is true or absent. */
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Empty where the endpoint has no `nodeName`. */
  readonly nodeName: string;
  /** `hints.forZones[].name`. */
  readonly zoneHints: readonly string[];
  /** `hints.forNodes[].name`. */
  readonly nodeHints: readonly string[];
}

/** An EndpointSlice, read. */
export interface SliceModel {
  /** `namespace/name` of the slice. */
  readonly key: string;
  /** The Service that the label `kubernetes.io/service-name` names. */
  readonly service: ServiceKey;
  readonly family: Family;
  readonly ports: readonly { readonly name: string; readonly protocol: Protocol; readonly port: number }[];
  readonly endpoints: readonly SliceEndpoint[];
  readonly diagnostics: readonly Diagnostic[];
}

/** An endpoint of one service port, merged from all slices of the Service. */
export interface Endpoint extends SliceEndpoint {
  readonly port: number;
}
