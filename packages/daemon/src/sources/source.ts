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

/** How the source of one kind of object is. */
export interface SourceStatus {
  readonly kind: string;
  /** Objects known. */
  readonly objects: number;
  /** Since when changes may have been missed, in milliseconds since 1970; undefined while none can be. */
  readonly staleSince: number | undefined;
  /** Attempts to read that failed since the start, by the code of the error. */
  readonly failures: Readonly<Record<string, number>>;
}

/**
 * Where objects come from.
 *
 * A source's first batch of each kind is a `replace` with everything there is; nothing is handed on before it is complete.
 */
export interface Source {
  /**
   * Begins; batches are handed on one at a time until {@link Source.stop}: the next one of a kind waits for the promise that
   * the last one returned. Resolves once reading has begun.
   */
  start(onBatch: (batch: Batch) => void | Promise<void>): Promise<void>;
  /** Ends: no batch comes after it resolved, and nothing of the source is left running. */
  stop(): Promise<void>;
  /** Of each kind it reads. */
  status(): readonly SourceStatus[];
}
