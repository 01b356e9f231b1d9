import { Planner, nodeView } from '@nftproxier/core';
import { Loader, createLoadTarget, defaultTableSettings } from '@nftproxier/nft';
import { nodeName, serviceAt, slicesOf } from '../cluster/services.mjs';
import { MeteredNft } from '../measure/nft.mjs';
import { kernelMemoryMB } from '../measure/processes.mjs';

/** @typedef {import('../cluster/changes.mjs').Cluster} Cluster */
/** @typedef {import('../cluster/changes.mjs').Change} Change */

export const podCIDR = '10.128.0.0/9';

/** A planner that knows a cluster. @param {Cluster} cluster */
export function plannerOf(cluster) {
  const planner = new Planner(nodeView(nodeName, { families: ['IPv4'] }));
  for (const { index, pods, options } of cluster.services()) {
    planner.setService(serviceAt(index, options));
    for (const slice of slicesOf(index, pods)) planner.setEndpointSlice(slice);
  }
  return planner;
}

/** The table that everyone writes, apart from Services. @type {Omit<import('@nftproxier/nft').DesiredTable, 'plans'>} */
export const tableOf = {
  settings: {
    ...defaultTableSettings,
    families: ['IPv4'],
    localPods: { IPv4: { kind: 'source', cidr: /** @type {any} */ (podCIDR) } },
  },
  network: { nodePortAddresses: [], serviceCIDRs: [] },
};

/** nftproxier's planner and loader, as the daemon has them. */
export class Ours {
  #metered = new MeteredNft();
  #applyMs = 0;
  #loader;
  #planner = plannerOf({ services: () => [] });

  constructor() {
    const target = createLoadTarget(this.#metered.nft);
    this.#loader = new Loader({
      ...target,
      apply: async (transaction) => {
        const began = performance.now();
        await target.apply(transaction);
        this.#applyMs += performance.now() - began;
      },
    });
  }

  /** @param {Cluster} cluster */
  async load(cluster) {
    await this.#metered.nft.version();
    const start = performance.now();
    this.#planner = plannerOf(cluster);
    this.#planner.takeChanges();
    const planned = performance.now();
    const memory = kernelMemoryMB();
    this.#metered.reset(true);
    this.#applyMs = 0;
    const applied = await this.#loader.replace({ ...tableOf, plans: this.#planner.plans.values() });
    const wallMs = performance.now() - planned;
    const nft = this.#metered.use();
    const phases = {
      plan: planned - start,
      diff: wallMs - this.#applyMs - (nft.wallMs - nft.runMs),
      render: this.#applyMs - nft.runMs,
      nft: nft.wallMs,
    };
    const { operations, elements } = applied;
    return { ...nft, phases, operations, elements, kernelMB: kernelMemoryMB() - memory };
  }

  /** From the event to the kernel. @param {Change} change */
  async change({ services = [], gone = [], slices = [], goneSlices = [] }) {
    this.#metered.reset(false);
    const start = performance.now();
    for (const service of services) this.#planner.setService(service);
    for (const service of gone) this.#planner.deleteService(service);
    for (const slice of slices) this.#planner.setEndpointSlice(slice);
    for (const slice of goneSlices) this.#planner.deleteEndpointSlice(slice);
    const { operations, elements } = await this.#loader.apply(this.#planner.takeChanges());
    const ms = performance.now() - start;
    const nft = this.#metered.use();
    return { ms, nftMs: nft.wallMs, operations, elements, bytes: nft.bytes };
  }

  close() {
    this.#metered.close();
  }
}
