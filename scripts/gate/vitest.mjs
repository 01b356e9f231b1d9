import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { ROOT } from '../bootstrap/root.mjs';
import { run } from '../bootstrap/run.mjs';

/**
 * What a run of vitest came to.
 *
 * @typedef {object} Tally
 * @property {number} passed tests
 * @property {number} failed tests, test files that could not be loaded, and errors outside any test
 * @property {readonly { readonly name: string, readonly reason: string }[]} skipped
 * @property {readonly string[]} failures which tests failed, and why
 */

/**
 * Runs a vitest project.
 *
 * @param {'unit' | 'browser' | 'kernel'} project
 * @param {string} node the Node to run it on, which its child processes find first too
 * @param {readonly string[]} [prefix] a command line that runs the rest of it
 * @param {readonly string[]} [folders] the tests of these only
 * @returns {Promise<import('./steps.mjs').Verdict>}
 */
export async function testsOf(project, node, prefix = [], folders = []) {
  const folder = await mkdtemp(join(tmpdir(), 'nftproxier-tally-'));
  try {
    const report = join(folder, 'tally.json');
    const reporters = ['--reporter=dot', `--reporter=${join(ROOT, 'scripts/gate/tally-reporter.mjs')}`];
    const vitest = [node, join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--project', project, ...folders];
    const { code, output } = await run([...prefix, ...vitest, ...reporters, '--allowOnly=false'], {
      env: {
        PATH: [dirname(node), process.env.PATH].join(delimiter),
        NFTPROXIER_TALLY: report,
      },
    });
    /** @type {Tally} */
    const tests = await readFile(report, 'utf8').then(JSON.parse, () => ({
      passed: 0,
      failed: 0,
      skipped: [],
      failures: [],
    }));
    const silent = tests.skipped.filter(({ reason }) => reason === '');
    const complaints = [
      ...silent.map(({ name }) => `skipped without a reason: ${name}`),
      ...(tests.passed + tests.failed === 0 ? [`no test of project ${project} ran`] : []),
    ];
    const ok = code === 0 && tests.failed === 0 && complaints.length === 0;
    return { ok, output: [...complaints, ...shown(tests, output)].join('\n'), tests };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The failed tests alone, where they are known: the whole output of a long run would bury them.
 *
 * @param {Tally} tests
 * @param {string} output
 */
function shown(tests, output) {
  return tests.failures.length > 0 ? tests.failures : [output];
}
