import { release } from 'node:os';
import { Planner, nodeView } from '@nftproxier/core';
import { Loader, createLoadTarget, defaultTableSettings, lookupsOn } from '@nftproxier/nft';
import { clusterOf } from '../cluster/changes.mjs';
import { clusterIP, firstPods, nodeName, serviceAt, slicesOf } from '../cluster/services.mjs';
import { addedByHand } from '../floor/text.mjs';
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
    for (const slice of slicesOf(index, pods, options?.protocol)) planner.setEndpointSlice(slice);
  }
  return planner;
}

/** The table that everyone writes, apart from Services. @type {Omit<import('@nftproxier/nft').DesiredTable, 'plans'>} */
export const tableOf = {
  settings: {
    ...defaultTableSettings,
    families: ['IPv4'],
    lookups: lookupsOn(release()),
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

  /** Text whose line nft is made to refuse. */
  #poison = '';

  constructor() {
    const { nft } = this.#metered;
    /** @type {import('@nftproxier/nft').Nft} */
    const poisoned = {
      ...nft,
      run: (script, options) =>
        nft.run(this.#poison === '' ? script : script.replaceAll(this.#poison, `999.${this.#poison}`), options),
    };
    const target = createLoadTarget(poisoned);
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
    this.#applyMs = 0;
    const start = performance.now();
    for (const service of services) this.#planner.setService(service);
    for (const service of gone) this.#planner.deleteService(service);
    for (const slice of slices) this.#planner.setEndpointSlice(slice);
    for (const slice of goneSlices) this.#planner.deleteEndpointSlice(slice);
    const changes = this.#planner.takeChanges();
    const planned = performance.now();
    const { operations, elements } = await this.#loader.apply(changes);
    const end = performance.now();
    const { wallMs: nftMs, runMs, bytes, userMs, kernelMs } = this.#metered.use();
    const phases = { planMs: planned - start, diffMs: end - planned - this.#applyMs, renderMs: this.#applyMs - runMs };
    return { ms: end - start, nftMs, ...phases, userMs, kernelMs, operations, elements, bytes };
  }

  /**
   * Adds a Service to the table in service with the smallest text that does it, past planner and model: what it costs nft
   * and the kernel at least. The Service must be as those of {@link clusterOf}, and none of the model's.
   *
   * @param {{ index: number, endpoints: number }} service
   */
  async addByHand({ index, endpoints }) {
    const { tableName } = this.#loader;
    const script = addedByHand(tableName ?? '', index, endpoints);
    const start = performance.now();
    await this.#metered.nft.run(script);
    return { ms: performance.now() - start };
  }

  /**
   * Replaces all endpoints of one large Service, so many at a time: `apart`, they come in one change and as many old ones go
   * in the next; otherwise, after the first have come, each change has both.
   *
   * @param {{ endpoints: number, atOnce: number, apart: boolean }} options
   */
  async rollout({ endpoints, atOnce, apart }) {
    const index = apart ? 60_000 : 60_001;
    const old = firstPods(1, endpoints);
    const young = firstPods(2, endpoints);
    await this.change({ services: [serviceAt(index)], slices: slicesOf(index, old) });
    let elements = 0;
    let changes = 0;
    let longestMs = 0;
    const began = performance.now();
    for (let done = 0; done <= endpoints; done += atOnce) {
      const arrived = young.slice(0, done + atOnce);
      const both = [...old.slice(done), ...arrived];
      for (const pods of apart ? [both, [...old.slice(done + atOnce), ...arrived]] : [both]) {
        const result = await this.change({ slices: slicesOf(index, pods) });
        elements += result.elements;
        longestMs = Math.max(longestMs, result.ms);
        changes += 1;
      }
    }
    return { changes, elements, longestMs, wallMs: performance.now() - began };
  }

  /**
   * A load of which nft refuses one Service, and a change with it among a hundred.
   *
   * @param {import('../cluster/services.mjs').Size & { poison?: number }} options
   */
  async quarantine({ services, endpoints, poison }) {
    this.#poison = poison === undefined ? '' : `${clusterIP(poison)} . tcp`;
    const load = await this.load(clusterOf({ services, endpoints }));
    const first = poison ?? 1;
    const changed = Array.from({ length: 100 }, (_, at) => first + at);
    const slices = changed.flatMap((index) => slicesOf(index, firstPods(index, endpoints).slice(1)));
    const { ms } = await this.change({ slices });
    const figures = { changeMs: ms, changeRuns: this.#metered.use().runs, refused: this.#loader.refused.size };
    return { ...figures, loadMs: load.wallMs, loadRuns: load.runs };
  }

  close() {
    this.#metered.close();
  }
}
