import type { KubernetesObject, ObjectMeta } from '@nftproxier/core';
import { excerpt } from './errors.js';

/** An object as the API server sends it: at least a name and a resource version, everything else unchecked. */
export interface ApiObject extends KubernetesObject {
  /** Of its fields only these two are checked; a namespace is missing where the kind has none. */
  readonly metadata: ObjectMeta & { readonly name: string; readonly resourceVersion: string };
}

/** What to list and watch, and what to keep of it. */
export interface Resource<T> {
  /** The objects' kind, such as `Service`: events of another kind are refused, and messages name it. */
  readonly kind: string;
  /** Path of the collection, such as `/api/v1/services`. */
  readonly path: string;
  /** Kubernetes label selector, such as `!service.kubernetes.io/headless`. */
  readonly labelSelector?: string;
  /** Kubernetes field selector, such as `metadata.name=node-a`. */
  readonly fieldSelector?: string;
  /**
   * Keeps what is needed of an object; only the result stays in memory. `undefined` leaves the object out. Must be
   * pure and not throw; if it throws, the object is left out, counted and reported. The list `managedFields` is always
   * empty: not to parse it saves much of the time that a list takes.
   */
  readonly project: (object: ApiObject) => T | undefined;
  /**
   * A cluster may do without: if the first list is answered by 404 or 403, that counts as an empty list with a
   * warning, and it is asked for again every few minutes.
   */
  readonly optional?: boolean;
}

/** The object's namespace and name, cut to what fits a message. */
export function objectName(object: ApiObject): string {
  const { namespace, name } = object.metadata;
  return excerpt(namespace === undefined ? name : `${namespace}/${name}`, 320);
}
