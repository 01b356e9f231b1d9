import type { ApiObject } from '@nftproxier/daemon/reflector';

export type { Batch } from '@nftproxier/daemon/reflector';

/** Enough of an object to tell one state of it from another. */
export interface KubernetesObjectLike {
  readonly metadata?: Partial<ApiObject['metadata']>;
}
