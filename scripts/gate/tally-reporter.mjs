import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import process from 'node:process';

/**
 * A vitest reporter that writes how many tests passed and failed, and which were skipped and why, which vitest's JSON
 * report leaves out.
 */
export default class TallyReporter {
  /** Test files and tests that have begun and not ended, for who looks at a run that hangs. */
  #running = new Set();

  /** @param {import('vitest/node').TestModule} module */
  onTestModuleQueued(module) {
    this.#changed((running) => running.add(module.relativeModuleId));
  }

  /** @param {import('vitest/node').TestModule} module */
  onTestModuleEnd(module) {
    this.#changed((running) => running.delete(module.relativeModuleId));
  }

  /** @param {import('vitest/node').TestCase} test */
  onTestCaseReady(test) {
    this.#changed((running) => running.add(test.fullName));
  }

  /** @param {import('vitest/node').TestCase} test */
  onTestCaseResult(test) {
    this.#changed((running) => running.delete(test.fullName));
  }

  /** @param {(running: Set<string>) => void} change */
  #changed(change) {
    change(this.#running);
    if (process.env.NFTPROXIER_TALLY !== undefined)
      writeFileSync(`${process.env.NFTPROXIER_TALLY}.running`, [...this.#running].join(', '));
  }

  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandled
   */
  async onTestRunEnd(modules, unhandled) {
    const path = process.env.NFTPROXIER_TALLY;
    if (path === undefined) throw new Error('NFTPROXIER_TALLY does not say where to write the tally');
    const broken = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0);
    let passed = 0;
    let failed = broken.length + unhandled.length;
    const skipped = [];
    const failures = [...broken.flatMap((module) => module.errors()), ...unhandled].map(messageOf);
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed += 1;
        else if (result.state === 'skipped')
          skipped.push({ name: test.fullName, reason: reasonOf(test.name, result.note) });
        else {
          failed += 1;
          const reasons = (result.errors ?? []).map(messageOf);
          failures.push(`${module.relativeModuleId} > ${test.fullName}\n${reasons.join('\n')}`);
        }
      }
    }
    await writeFile(path, JSON.stringify({ passed, failed, skipped, failures }));
  }
}

/**
 * What an error says, without what would bury it.
 *
 * @param {unknown} error
 */
function messageOf(error) {
  const { message, diff } = /** @type {{ message?: unknown, diff?: unknown }} */ (error ?? {});
  return `${String(message ?? error)}\n${typeof diff === 'string' ? diff : ''}`.slice(0, 2_000).trimEnd();
}

/**
 * Why a test was skipped: what it said when it skipped itself, or what stands in parentheses at the end of its name.
 *
 * @param {string} name
 * @param {string | undefined} note
 */
function reasonOf(name, note) {
  return note ?? /[(]([^()]+)[)]$/.exec(name)?.[1] ?? '';
}
