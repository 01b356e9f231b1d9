import { KubeProxy, listing } from '../baseline/kube-proxy.mjs';
import { MeteredNft } from '../measure/nft.mjs';
import { kernelMemoryMB } from '../measure/processes.mjs';
import { plannerOf, podCIDR } from './ours.mjs';

/** @typedef {import('../cluster/changes.mjs').Cluster} Cluster */
/** @typedef {import('../cluster/changes.mjs').Change} Change */

/** The baseline: the same plans, written as kube-proxy writes them. */
export class Baseline {
  #metered = new MeteredNft();
  #writer = new KubeProxy(podCIDR);
  #planner = plannerOf({ services: () => [] });

  /** @param {Cluster} cluster */
  async load(cluster) {
    this.#planner = plannerOf(cluster);
    const operations = this.#writer.sync(this.#planner.takeChanges());
    const script = text(operations);
    await this.#metered.nft.version();
    const memory = kernelMemoryMB();
    this.#metered.reset(true);
    await this.#metered.nft.run(script);
    return { ...this.#metered.use(), operations: operations.length, kernelMB: kernelMemoryMB() - memory };
  }

  /** One sync, which begins with the listing. @param {Change} change */
  async change({ services = [], gone = [], slices = [], goneSlices = [] }) {
    for (const service of services) this.#planner.setService(service);
    for (const service of gone) this.#planner.deleteService(service);
    for (const slice of slices) this.#planner.setEndpointSlice(slice);
    for (const slice of goneSlices) this.#planner.deleteEndpointSlice(slice);
    const cleanup = this.#writer.cleanup();
    if (cleanup.length > 0) await this.#metered.nft.run(text(cleanup));
    const operations = this.#writer.sync(this.#planner.takeChanges());
    const script = text(operations);
    this.#metered.reset(false);
    const start = performance.now();
    await this.#metered.nft.list(listing.slice(3), { terse: true });
    const listed = performance.now();
    await this.#metered.nft.run(script);
    const ms = performance.now() - start;
    return { ms, listMs: listed - start, operations: operations.length, bytes: script.length };
  }

  close() {
    this.#metered.close();
  }
}

/** @param {readonly string[]} operations */
function text(operations) {
  return `${operations.join('\n')}\n`;
}
