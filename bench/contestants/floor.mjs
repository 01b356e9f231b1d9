import { Loader } from '@nftproxier/nft';
import { addition, replacement, smallestText, tableOfTen } from '../floor/text.mjs';
import { MeteredNft } from '../measure/nft.mjs';
import { kernelMemoryMB } from '../measure/processes.mjs';
import { plannerOf, tableOf } from './ours.mjs';

/** @typedef {import('../cluster/changes.mjs').Cluster} Cluster */

/** What nft needs at least: the same elements from the smallest text, and one element in a table of ten. */
export class Floor {
  #metered = new MeteredNft();
  #round = 0;

  /** @param {Cluster} cluster */
  async load(cluster) {
    const planner = plannerOf(cluster);
    planner.takeChanges();
    /** @type {import('@nftproxier/nft').Operation[]} */
    const operations = [];
    // What a loader would write, but for base chains, and for the tables that it deletes to make room.
    const recorder = new Loader({
      apply: async ({ operations: step }) => {
        if (step.some(isBaseChain)) return;
        operations.push(...step.filter(({ op }) => op !== 'delete-table'));
      },
      listChains: () => Promise.resolve([]),
      listSets: () => Promise.resolve([]),
      listElements: () => Promise.resolve([]),
    });
    await recorder.replace({ ...tableOf, plans: planner.plans.values() });
    const script = smallestText('floor-load', operations);
    await this.#metered.nft.version();
    const memory = kernelMemoryMB();
    this.#metered.reset(true);
    await this.#metered.nft.run(script);
    const use = this.#metered.use();
    const kernelMB = kernelMemoryMB() - memory;
    return { ...use, kernelMB };
  }

  /** Makes the table of ten the only one. */
  async open() {
    await this.#metered.nft.run(`flush ruleset\n${tableOfTen}`);
  }

  /** @param {'replace' | 'add'} kind */
  async change(kind) {
    this.#round += 1;
    const script = kind === 'replace' ? replacement(this.#round) : addition(this.#round);
    const start = performance.now();
    await this.#metered.nft.run(script);
    return { ms: performance.now() - start, bytes: script.length };
  }

  close() {
    this.#metered.close();
  }
}

/** @param {import('@nftproxier/nft').Operation} operation */
function isBaseChain(operation) {
  return operation.op === 'add-chain' && operation.chain.base !== undefined;
}
