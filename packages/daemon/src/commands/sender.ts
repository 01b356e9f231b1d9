import { familyOf, parseAddress } from '@nftproxier/core';
import type { Address } from '@nftproxier/core';
import { TraceError } from '@nftproxier/nft';
import type { Destination } from '@nftproxier/nft';
import { addressesOfNode } from '../host/index.js';
import type { KnownPod } from '../sources/manifests/pods.js';
import type { DesiredNode } from './desired.js';

/** Who sends a packet. */
export interface Sender {
  readonly address: Address;
  /** A process on the node itself, host-network pods included. */
  readonly isNode: boolean;
  readonly warnings: readonly string[];
}

/**
 * Reads `--from`: an address, `node`, or a pod that manifests tell of.
 *
 * @throws {@link TraceError} if it is none of these, or has no address of the destination's family.
 */
export function senderOf(from: string, to: Destination, desired: DesiredNode, pods: readonly KnownPod[]): Sender {
  const own = addressesOfNode(desired.cluster.node);
  const family = familyOf(to.to);
  if (from === 'node') {
    const address = own.find((candidate) => familyOf(candidate) === family);
    if (address !== undefined) return { address, isNode: true, warnings: [] };
    throw new TraceError(`the Node has no ${family} address: add it to status.addresses, or give --from an address`);
  }
  const given = parseAddress(from);
  if (given !== undefined) return { address: given, isNode: own.includes(given), warnings: [] };
  const pod = podNamed(from, pods);
  const address = pod.addresses.find((candidate) => familyOf(candidate) === family);
  const name = `pod ${pod.namespace}/${pod.name}`;
  if (address === undefined) throw new TraceError(`--from: ${name} has no ${family} address`);
  const isElsewhere = pod.nodeName !== '' && pod.nodeName !== desired.name;
  return {
    address,
    isNode: own.includes(address),
    warnings: isElsewhere
      ? [
          `${name} is on ${pod.nodeName}, which handles what it sends to a Service; this shows ${desired.name}: use --hostname-override ${pod.nodeName}`,
        ]
      : [],
  };
}

function podNamed(text: string, pods: readonly KnownPod[]): KnownPod {
  const found = pods.filter(({ namespace, name }) => text === `${namespace}/${name}` || text === name);
  const [pod, ...others] = found;
  if (pod !== undefined && others.length === 0) return pod;
  const quoted = JSON.stringify(text.slice(0, 64));
  if (pod === undefined) {
    throw new TraceError(
      `--from: ${quoted} is neither an IP address nor "node" nor a pod that the manifests tell of (by a Pod, or a targetRef of an EndpointSlice)`,
    );
  }
  const names = found.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  throw new TraceError(`--from: there are several pods of the name ${quoted}: ${names}; give the namespace too`);
}
