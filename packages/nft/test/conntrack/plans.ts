import { familyOf, parseAddress } from '@nftproxier/core';
import type { Address, Backend, Frontend, Protocol, ServiceKey, ServicePlan } from '@nftproxier/core';

/** An address of which a test knows that it is one. */
export function address(text: string): Address {
  const found = parseAddress(text);
  if (found === undefined) throw new Error(`${text} is not an address`);
  return found;
}

/** What a test says of one port of a Service. */
export interface PortFields {
  readonly protocol?: Protocol;
  readonly clusterIP: string;
  readonly port: number;
  /** Addresses from outside, on the same port. */
  readonly outside?: readonly string[];
  readonly nodePort?: number;
  /** `address:port`, or `[address]:port`. */
  readonly endpoints?: readonly string[];
  /** Another Service has the cluster IP's port. */
  readonly isTaken?: boolean;
}

/** The plan of a Service, as core would make it, as far as flows are concerned. */
export function planOf(name: string, ...ports: readonly PortFields[]): ServicePlan {
  return {
    service: `default/${name}` as ServiceKey,
    healthCheck: undefined,
    diagnostics: [],
    ports: ports.map((fields) => {
      const { protocol = 'UDP', clusterIP, port, outside = [], nodePort, endpoints = [], isTaken = false } = fields;
      const backends = endpoints.map(backendOf);
      const decision = { kind: 'balance', over: 'cluster', masquerade: false } as const;
      const outcome = { pods: decision, node: decision, outside: decision };
      const frontends: Frontend[] = [
        ...(isTaken
          ? []
          : [{ kind: 'ClusterIP', address: address(clusterIP), port, outcome, sourceRanges: [] } as const]),
        ...outside.map(
          (text) => ({ kind: 'LoadBalancerIP', address: address(text), port, outcome, sourceRanges: [] }) as const,
        ),
        ...(nodePort === undefined ? [] : [{ kind: 'NodePort', port: nodePort, outcome } as const]),
      ];
      return {
        portName: `${protocol.toLowerCase()}-${String(port)}`,
        protocol,
        family: familyOf(clusterIP),
        clusterIP: address(clusterIP),
        frontends,
        cluster: backends,
        local: [],
        serving: protocol === 'TCP' ? [] : backends,
        algorithm: { kind: 'random' } as const,
        affinity: undefined,
      };
    }),
  };
}

function backendOf(text: string): Backend {
  const colon = text.lastIndexOf(':');
  return {
    address: address(text.slice(0, colon).replace(/[[\]]/g, '')),
    port: Number(text.slice(colon + 1)),
    local: false,
  };
}
