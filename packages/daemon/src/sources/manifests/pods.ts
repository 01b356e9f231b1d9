import { parseAddress } from '@nftproxier/core';
import type { Address, KubernetesObject } from '@nftproxier/core';
import type { ManifestObject } from './parse.js';

/** A pod as far as manifests tell of it: by a Pod object, or by the `targetRef` of an endpoint. */
export interface KnownPod {
  readonly namespace: string;
  readonly name: string;
  /** Empty where nothing says it. */
  readonly nodeName: string;
  readonly addresses: readonly Address[];
}

/** All pods that objects tell of, each once, with the addresses of all that is said of it. */
export function podsOf(objects: readonly ManifestObject<string>[]): readonly KnownPod[] {
  const pods = new Map<string, KnownPod>();
  const found = objects.flatMap(({ kind, object }) =>
    kind === 'Pod' ? podOf(object) : kind === 'EndpointSlice' ? podsOfSlice(object) : [],
  );
  for (const pod of found) {
    const key = `${pod.namespace}/${pod.name}`;
    const known = pods.get(key);
    pods.set(key, {
      ...pod,
      nodeName: pod.nodeName || (known?.nodeName ?? ''),
      addresses: [...new Set([...(known?.addresses ?? []), ...pod.addresses])],
    });
  }
  return [...pods.values()];
}

function podOf(object: KubernetesObject): KnownPod {
  const { spec, status } = object as { readonly spec?: unknown; readonly status?: unknown };
  const { podIP, podIPs } = fieldsOf(status);
  const addresses = [podIP, ...listOf(podIPs).map((one) => fieldsOf(one)['ip'])].flatMap(
    (ip) => parseAddress(ip) ?? [],
  );
  return {
    namespace: object.metadata?.namespace ?? 'default',
    name: object.metadata?.name ?? '',
    nodeName: textOf(fieldsOf(spec)['nodeName']),
    addresses,
  };
}

function podsOfSlice(slice: KubernetesObject): readonly KnownPod[] {
  return listOf((slice as { readonly endpoints?: unknown }).endpoints).flatMap((endpoint) => {
    const { targetRef, addresses, nodeName } = fieldsOf(endpoint);
    const { kind, name, namespace } = fieldsOf(targetRef);
    if (kind !== 'Pod' || typeof name !== 'string') return [];
    return {
      namespace: textOf(namespace) || (slice.metadata?.namespace ?? 'default'),
      name,
      nodeName: textOf(nodeName),
      addresses: listOf(addresses).flatMap((address) => parseAddress(address) ?? []),
    };
  });
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
