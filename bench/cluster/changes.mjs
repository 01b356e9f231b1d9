import { firstPods, serviceAt, slicesOf } from './services.mjs';

/** @typedef {import('./services.mjs').Size} Size */
/** @typedef {import('@nftproxier/core').Service} Service */
/** @typedef {import('@nftproxier/core').EndpointSlice} EndpointSlice */

/**
 * Services with the numbers of their pods.
 *
 * @typedef {object} Cluster
 * @property {() => Iterable<{ index: number, pods: readonly number[], options?: { affinity?: boolean, protocol?: 'TCP' | 'UDP' } }>} services
 */

/**
 * Objects that came or changed, and objects that went.
 *
 * @typedef {object} Change
 * @property {readonly Service[]} [services]
 * @property {readonly Service[]} [gone]
 * @property {readonly EndpointSlice[]} [slices]
 * @property {readonly EndpointSlice[]} [goneSlices]
 */

/** The changes that are measured. */
export const changeKinds = /** @type {const} */ ([
  'endpoint replaced',
  'endpoint added',
  'endpoint removed',
  'service added',
  'service deleted',
]);

/** @typedef {(typeof changeKinds)[number]} ChangeKind */

/**
 * A cluster of one size. Services are numbered from 1.
 *
 * @param {Size & { affinity?: number, protocol?: 'TCP' | 'UDP' }} size with `affinity` Services more that have session affinity and three endpoints
 * @returns {Cluster}
 */
export function clusterOf({ services, endpoints, affinity = 0, protocol = 'TCP' }) {
  return {
    *services() {
      for (let index = 1; index <= services; index++)
        yield { index, pods: firstPods(index, endpoints), options: { protocol } };
      for (let index = services + 1; index <= services + affinity; index++) {
        yield { index, pods: firstPods(index, 3), options: { affinity: true } };
      }
    },
  };
}

/** Changes of a cluster, one after the other, each to another Service: the same ones for everybody. */
export class Churn {
  #size;
  #rounds = 0;
  #nextPod;
  #nextService;
  /** @type {Map<number, readonly number[]>} */
  #pods = new Map();
  /** @type {number[]} */
  #added = [];

  /** @param {Size & { affinity?: number }} size */
  constructor(size) {
    this.#size = size;
    this.#nextPod = (size.services + 1) * size.endpoints + 1;
    this.#nextService = size.services + (size.affinity ?? 0) + 1;
  }

  /**
   * @param {ChangeKind} kind
   * @returns {Change}
   */
  next(kind) {
    if (kind === 'service added') return this.#addService();
    if (kind === 'service deleted') return this.#deleteService();
    this.#rounds += 1;
    const index = 1 + ((this.#rounds * 7_919) % this.#size.services);
    const pods = this.#pods.get(index) ?? firstPods(index, this.#size.endpoints);
    const fewer = pods.slice(1);
    const changed =
      kind === 'endpoint removed' ? fewer : [...(kind === 'endpoint added' ? pods : fewer), this.#nextPod++];
    this.#pods.set(index, changed);
    return { slices: slicesOf(index, changed) };
  }

  #addService() {
    const index = this.#nextService++;
    this.#added.push(index);
    return { services: [serviceAt(index)], slices: slicesOf(index, firstPods(index, this.#size.endpoints)) };
  }

  #deleteService() {
    const index = this.#added.shift();
    if (index === undefined) throw new Error('a Service must be added before it can be deleted');
    return { gone: [serviceAt(index)], goneSlices: slicesOf(index, []) };
  }
}
