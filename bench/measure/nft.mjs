import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNft } from '@nftproxier/nft';
import { cpuOf } from './processes.mjs';

/**
 * What some runs of nft took.
 *
 * @typedef {object} NftUse
 * @property {number} wallMs
 * @property {number} runMs of that, what scripts took: the rest are listings
 * @property {number} userMs CPU time of nft itself
 * @property {number} kernelMs CPU time of the kernel on its behalf
 * @property {number} peakMB largest resident memory of one run
 * @property {number} runs
 * @property {number} bytes of the scripts
 */

/** Runs nft and adds up what that takes. */
export class MeteredNft {
  #folder = mkdtempSync(join(tmpdir(), 'nftproxier-bench-'));
  #log = join(this.#folder, 'time');
  #fast = createNft({ timeoutMs: 600_000 });
  // Between this process and nft, because a process starts with the peak of the one it was forked from.
  #timed = createNft({
    timeoutMs: 600_000,
    prefix: ['time', '--quiet', '--append', `--output=${this.#log}`, '--format=%M'],
  });
  #wallMs = 0;
  #runMs = 0;
  #runs = 0;
  #bytes = 0;
  #before = cpuOf('self');
  #withMemory = false;

  /** @type {import('@nftproxier/nft').Nft} */
  get nft() {
    return {
      run: (script, options) => this.#run(script, options),
      list: (what, options) => this.#measured((nft) => nft.list(what, options)),
      version: () => this.#fast.version(),
    };
  }

  /** @param {boolean} withMemory also the peak of memory, through one more process for each run: about 1 ms */
  reset(withMemory) {
    this.#withMemory = withMemory;
    this.#wallMs = 0;
    this.#runMs = 0;
    this.#runs = 0;
    this.#bytes = 0;
    this.#before = cpuOf('self');
    writeFileSync(this.#log, '');
  }

  /** @returns {NftUse} */
  use() {
    const now = cpuOf('self');
    const peaks = readFileSync(this.#log, 'utf8').split('\n').filter(Boolean).map(Number);
    return {
      wallMs: this.#wallMs,
      runMs: this.#runMs,
      userMs: now.childrenUser - this.#before.childrenUser,
      kernelMs: now.childrenSystem - this.#before.childrenSystem,
      peakMB: Math.max(0, ...peaks) / 1024,
      runs: this.#runs,
      bytes: this.#bytes,
    };
  }

  close() {
    rmSync(this.#folder, { recursive: true });
  }

  /**
   * @param {string} script
   * @param {import('@nftproxier/nft').RunOptions} [options]
   */
  async #run(script, options) {
    this.#bytes += script.length;
    const began = this.#wallMs;
    await this.#measured((nft) => nft.run(script, options));
    this.#runMs += this.#wallMs - began;
  }

  /**
   * @template T
   * @param {(nft: import('@nftproxier/nft').Nft) => Promise<T>} work
   */
  async #measured(work) {
    const began = performance.now();
    try {
      return await work(this.#withMemory ? this.#timed : this.#fast);
    } finally {
      this.#wallMs += performance.now() - began;
      this.#runs += 1;
    }
  }
}
