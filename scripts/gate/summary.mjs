/** Prints each step's result as it is known, and in the end all that failed, and the counts. */
export class Summary {
  #passed = 0;
  #failed = 0;
  /** @type {string[]} */
  #failedSteps = [];
  /** @type {string[]} */
  #skipped = [];
  #print;

  /** @param {(line: string) => void} print */
  constructor(print) {
    this.#print = print;
  }

  /** @param {string} line what is going on, where it takes long */
  note(line) {
    this.#print(`        ${line} …`);
  }

  /**
   * @param {string} step
   * @param {string} reason
   */
  skipped(step, reason) {
    this.#skipped.push(`${step}: ${reason}`);
  }

  /**
   * @param {string} step
   * @param {import('./steps.mjs').Verdict} verdict
   * @param {number} seconds
   */
  judged(step, { ok, output, tests }, seconds) {
    if (ok) this.#passed += 1;
    else {
      this.#failed += 1;
      this.#failedSteps.push(step);
    }
    this.#passed += tests?.passed ?? 0;
    this.#failed += tests?.failed ?? 0;
    const skips = tests?.skipped ?? [];
    for (const { name, reason } of skips) this.#skipped.push(`${step}: ${name}: ${reason || 'no reason given'}`);
    const ran = tests && `${tests.passed + tests.failed} tests${skips.length > 0 ? `, ${skips.length} skipped` : ''}`;
    const took = `${seconds.toFixed(1)} s`.padStart(8);
    this.#print(`${ok ? 'ok    ' : 'FAILED'} ${step.padEnd(18)} ${took}${ran ? `   ${ran}` : ''}`);
    // A warning is printed too: it is all that a step that passed has to say.
    if (!ok || output.trim() !== '') this.#print(indent(output));
  }

  /**
   * Prints the counts, as the last line.
   *
   * @returns {number} the exit code
   */
  finish() {
    this.#print('');
    for (const skip of this.#skipped) this.#print(`skipped ${skip}`);
    for (const step of this.#failedSteps) this.#print(`failed  ${step}`);
    const skipped = this.#skipped.length > 0 ? `, ${this.#skipped.length} skipped` : '';
    this.#print(`${this.#passed} passed, ${this.#failed} failed${skipped}`);
    return this.#failed === 0 ? 0 : 1;
  }
}

/** @param {string} text */
function indent(text) {
  return text.trimEnd().replaceAll(/^(?=.)/gm, '  ');
}
