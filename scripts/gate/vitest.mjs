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

/** A run that prints nothing for so long hangs: far above the longest test. */
const SILENCE_MS = 8 * 60_000;

/**
 * Runs a vitest project. A run that hangs, with no test failed, is made once more, and that is said: it must hang twice.
 *
 * @param {'unit' | 'browser' | 'kernel'} project
 * @param {string} node the Node to run it on, which its child processes find first too
 * @param {readonly string[]} [prefix] a command line that runs the rest of it
 * @param {readonly string[]} [folders] the tests of these only
 * @returns {Promise<import('./steps.mjs').Verdict>}
 */
export async function testsOf(project, node, prefix = [], folders = []) {
  const vitest = [node, join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--project', project, ...folders];
  const first = await attempt([...prefix, ...vitest], node);
  if (first.hung === undefined) return verdictOf(project, first);
  const again = verdictOf(project, await attempt([...prefix, ...vitest], node));
  return { ...again, output: `it hung, and was run once more. ${first.hung}\n${again.output}` };
}

/**
 * @typedef {object} Attempt
 * @property {number} code
 * @property {string} output
 * @property {Tally | undefined} tests undefined where the run did not come to its end
 * @property {string | undefined} hung where it hung, if it did
 */

/**
 * @param {readonly string[]} command
 * @param {string} node
 * @returns {Promise<Attempt>}
 */
async function attempt(command, node) {
  const folder = await mkdtemp(join(tmpdir(), 'nftproxier-tally-'));
  try {
    const report = join(folder, 'tally.json');
    const reporters = ['--reporter=dot', `--reporter=${join(ROOT, 'scripts/gate/tally-reporter.mjs')}`];
    const { code, output } = await run([...command, ...reporters, '--allowOnly=false'], {
      silenceMs: SILENCE_MS,
      env: {
        PATH: [dirname(node), process.env.PATH].join(delimiter),
        NFTPROXIER_TALLY: report,
      },
    });
    const tests = await readFile(report, 'utf8').then(JSON.parse, () => undefined);
    if (tests !== undefined || code !== 124) return { code, output, tests, hung: undefined };
    const running = await readFile(`${report}.running`, 'utf8').catch(() => 'nothing');
    return { code, output, tests, hung: `Running were: ${running}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} project
 * @param {Attempt} attempt
 * @returns {import('./steps.mjs').Verdict}
 */
function verdictOf(project, { code, output, tests = { passed: 0, failed: 0, skipped: [], failures: [] }, hung = '' }) {
  const silent = tests.skipped.filter(({ reason }) => reason === '');
  const complaints = [
    ...silent.map(({ name }) => `skipped without a reason: ${name}`),
    ...(tests.passed + tests.failed === 0 ? [`no test of project ${project} ran`] : []),
  ];
  if (code === 0 && tests.failed === 0 && complaints.length === 0) return { ok: true, output: '', tests };
  // The failed tests alone, where they are known: the whole output of a long run would bury them.
  const shown = tests.failures.length > 0 ? tests.failures : [output, hung];
  return { ok: false, output: [...complaints, ...shown].join('\n'), tests };
}
