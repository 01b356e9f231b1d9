import { isIP } from 'node:net';
import { addresses, familyOf, podOf, type Lab, type LabListener } from '../lab/index.js';
import type { Destination, KubernetesObject, World } from './format.js';

interface SliceBody {
  readonly endpoints?: readonly { readonly addresses?: readonly string[] }[] | null;
  readonly ports?: readonly { readonly protocol?: string; readonly port?: number }[] | null;
}

/**
 * A server for every endpoint of every slice, also for those that must not be used: a packet that reaches one of them
 * then says so. Addresses that are nobody's in the lab (loopback, multicast, text) have none.
 */
export function listenersFor({ node, objects }: World): LabListener[] {
  const slices = objects.filter(({ kind }) => kind === 'EndpointSlice') as (KubernetesObject & SliceBody)[];
  const all = slices.flatMap(({ endpoints, ports }) =>
    (endpoints ?? []).flatMap((endpoint) =>
      (endpoint.addresses ?? [])
        .filter(isServed)
        .flatMap((address) =>
          (ports ?? []).flatMap(({ port, protocol = 'TCP' }) =>
            port === undefined ? [] : [{ address, port, protocol }],
          ),
        ),
    ),
  );
  return all.filter(
    (one): one is LabListener =>
      isProtocol(one.protocol) && one.port > 0 && node.families.includes(familyOf(one.address)),
  );
}

/** Makes sure that a packet which arrives as it was sent is answered; returns how to end that. `own`: what node-a has beside its usual addresses. */
export async function serveDestination(
  lab: Lab,
  { address, port, protocol }: Destination,
  own: readonly string[],
): Promise<() => Promise<void>> {
  if (protocol === 'ICMP') return () => Promise.resolve();
  const listener = { address, port, protocol, ...(own.includes(address) && { at: 'node-a' }) };
  await lab.serve([listener]);
  return () => lab.unserve([listener]);
}

function isServed(address: string): boolean {
  if (isIP(address) === 0) return false;
  const nodes: string[] = [...Object.values(addresses['node-a']), ...Object.values(addresses['node-b'])];
  return podOf(address) !== undefined || nodes.includes(address) || /^(198\.51\.100|203\.0\.113)\./.test(address);
}

function isProtocol(protocol: string): boolean {
  return protocol === 'TCP' || protocol === 'UDP' || protocol === 'SCTP';
}
