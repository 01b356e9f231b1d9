import type { KubernetesObject } from '@nftproxier/core';

/** The kinds of objects the daemon reads. */
export const objectKinds = ['Service', 'EndpointSlice', 'Node', 'ServiceCIDR'] as const;

/** One of {@link objectKinds}. */
export type ObjectKind = (typeof objectKinds)[number];

/** An object that came or changed (`set`), or went. */
export interface ObjectEvent {
  readonly type: 'set' | 'delete';
  readonly object: KubernetesObject;
}

/** News of one kind of object: all there are, or what changed since the last news of the kind. */
export type Batch =
  | { readonly kind: ObjectKind; readonly type: 'replace'; readonly objects: readonly KubernetesObject[] }
  | { readonly kind: ObjectKind; readonly type: 'delta'; readonly events: readonly ObjectEvent[] };

/**
 * Where objects come from.
 *
 * A source's first batch of each kind is a `replace` with everything there is; nothing is handed on before it is complete.
 */
export interface Source {
  /** Begins; batches are handed on one at a time until {@link Source.stop}. Resolves once reading has begun. */
  start(onBatch: (batch: Batch) => void): Promise<void>;
  /** Ends: no batch comes after it resolved, and nothing of the source is left running. */
  stop(): Promise<void>;
}
