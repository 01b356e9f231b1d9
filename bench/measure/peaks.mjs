import { closeSync, openSync, readSync } from 'node:fs';
import { memoryOf } from './processes.mjs';

/** Milliseconds between looks: a process whose memory counts runs for longer. */
const period = 2;

/**
 * How much memory processes take at most, by looking again and again. A parent that asks the kernel afterwards would know
 * better, but a daemon knows its own processes by their ids: nothing may stand between.
 */
export class PeakWatch {
  #file;
  #text = Buffer.alloc(4096);
  #half = '';
  /** @type {Set<number>} */
  #running = new Set();
  #runs = 0;
  #peakMB = 0;
  #timer;

  /** @param {string} pids a file to which each process writes its id as a line */
  constructor(pids) {
    this.#file = openSync(pids, 'r');
    this.#timer = setInterval(() => this.#look(), period).unref();
  }

  /** Processes so far. */
  get runs() {
    this.#look();
    return this.#runs;
  }

  /** In megabytes, of the largest so far. */
  get peakMB() {
    this.#look();
    return this.#peakMB;
  }

  close() {
    clearInterval(this.#timer);
    closeSync(this.#file);
  }

  #look() {
    const read = readSync(this.#file, this.#text, 0, this.#text.length, null);
    if (read > 0) {
      const lines = (this.#half + this.#text.toString('latin1', 0, read)).split('\n');
      this.#half = lines.pop() ?? '';
      this.#runs += lines.length;
      for (const line of lines) this.#running.add(Number(line));
    }
    for (const pid of this.#running) {
      try {
        const { peakMB } = memoryOf(pid);
        // A process that has ended, and whose parent has not yet heard of it, has no memory to tell of.
        if (Number.isNaN(peakMB)) this.#running.delete(pid);
        else this.#peakMB = Math.max(this.#peakMB, peakMB);
      } catch {
        this.#running.delete(pid);
      }
    }
  }
}
