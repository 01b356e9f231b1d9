import type { ServiceKey } from '@nftproxier/core';

/** New connections of one Service or endpoint. */
export interface ConnectionCount {
  /** Since this reader began to read them. */
  readonly connections: number;
  /** Per second, between the last two rounds in which every set was read. */
  readonly perSecond: number;
}

/** New connections to the frontends of a Service. */
export interface ServiceConnections extends ConnectionCount {
  /** Whose frontends they are. */
  readonly service: ServiceKey;
}

/** What tells one endpoint from another. */
export interface EndpointName {
  /** In canonical text. */
  readonly address: string | undefined;
  /** Where it listens. */
  readonly port: number;
  /** In nft's word. */
  readonly protocol: string;
}

/** New connections that services of this node sent to an endpoint; of several services that have it together. */
export interface EndpointConnections extends ConnectionCount {
  /** The endpoint's own. */
  readonly address: string;
  /** The endpoint's own. */
  readonly port: number;
  /** In nft's word. */
  readonly protocol: string;
}

/** An endpoint in one text, such as `10.244.0.5 8080 tcp`: how {@link CounterReader} tells endpoints apart. */
export function endpointKey({ address = '', port, protocol }: EndpointName): string {
  return `${address} ${String(port)} ${protocol}`;
}
