import { sizeName } from '../cases/case.mjs';

/** @typedef {import('./open.mjs').Contestant} Contestant */
/** @typedef {import('../cluster/services.mjs').Size} Size */

/** Contestants of the baseline whose tables took long to load, from the case that loaded them for one that needs them too. */
export class Loaded {
  /** @type {Map<string, Contestant>} */
  #kept = new Map();

  /**
   * @param {Size} size
   * @param {Contestant} contestant
   */
  keep(size, contestant) {
    this.#kept.set(sizeName(size), contestant);
  }

  /** The caller closes it. @param {Size} size */
  take(size) {
    const contestant = this.#kept.get(sizeName(size));
    this.#kept.delete(sizeName(size));
    return contestant;
  }

  async close() {
    for (const contestant of this.#kept.values()) await contestant.close();
    this.#kept.clear();
  }
}
