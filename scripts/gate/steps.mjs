import { join } from 'node:path';
import process from 'node:process';
import { ROOT } from '../bootstrap/root.mjs';
import { otherNode } from './other-node.mjs';
import { kernelPrefix } from './privilege.mjs';
import { testsOf } from './vitest.mjs';

/**
 * @typedef {object} Verdict
 * @property {boolean} ok
 * @property {string} output what to show where it failed
 * @property {import('./vitest.mjs').Tally} [tests] where the step ran tests
 */

/**
 * @typedef {object} Step
 * @property {string} name as in `--only` and `NFTPROXIER_SKIP`
 * @property {string} proves
 * @property {'static' | 'tests' | 'kernel'} lane steps of one lane run one after the other; see `main.mjs`
 * @property {import('../bootstrap/system-packages.mjs').Purpose} [needs] the programs of the system it needs
 * @property {readonly string[]} [command]
 * @property {() => Promise<Verdict>} [check] in place of a command
 */

const node = process.execPath;
/** @param {string} name of a package with one program, and that program's path in it */
const program = (name) => join(ROOT, 'node_modules', name);
/** @param {string} name */
const script = (name) => [node, join(ROOT, 'scripts', name)];

/**
 * What the gate runs, in this order within a lane.
 *
 * @type {readonly Step[]}
 */
export const STEPS = [
  {
    name: 'typecheck',
    proves: 'tests, benchmarks, examples and scripts compile',
    lane: 'static',
    command: script('check-types.mjs'),
  },
  {
    name: 'lint',
    proves: 'eslint finds nothing',
    lane: 'static',
    command: [node, program('eslint/bin/eslint.js'), '.'],
  },
  {
    name: 'format',
    proves: 'every file is formatted',
    lane: 'static',
    command: [node, program('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'],
  },
  {
    name: 'boundaries',
    proves: 'imports go one way',
    lane: 'static',
    command: [
      node,
      program('dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      'packages',
      'test',
    ],
  },
  {
    name: 'dead-code',
    proves: 'no unused file, export or dependency',
    lane: 'static',
    command: [node, program('knip/bin/knip.js'), '--no-progress', '--no-config-hints'],
  },
  {
    name: 'docs',
    proves: 'links, snippets, commands and docstrings hold',
    lane: 'static',
    command: script('check-docs.mjs'),
  },
  {
    name: 'api',
    proves: 'the API report shows the API',
    lane: 'static',
    command: [...script('api-report.mjs'), '--check'],
  },
  { name: 'packages', proves: 'what npm would publish works', lane: 'static', command: script('check-packages.mjs') },
  {
    name: 'examples',
    proves: "examples with Node's own test runner; those with vitest are among the unit and kernel tests",
    lane: 'static',
    command: [node, '--test', join(ROOT, 'examples/render-in-ci/ruleset.node-test.mjs')],
  },
  {
    name: 'unit',
    proves: 'unit and property tests',
    lane: 'tests',
    needs: 'unit tests',
    check: () => testsOf('unit', node),
  },
  {
    name: 'unit-other-node',
    proves: 'the same on the other end of the supported Node versions',
    lane: 'tests',
    needs: 'unit tests',
    check: async () => testsOf('unit', await otherNode()),
  },
  {
    name: 'browser',
    proves: 'the status page in Chromium, light and dark, with and without JavaScript',
    lane: 'tests',
    needs: 'browser tests',
    check: () => testsOf('browser', node),
  },
  {
    name: 'transcripts',
    proves: 'what docs/transcripts show, with the packages that npm would publish',
    lane: 'kernel',
    needs: 'kernel tests',
    command: script('check-transcripts.mjs'),
  },
  {
    name: 'kernel',
    proves: 'packets through the real kernel',
    lane: 'kernel',
    needs: 'kernel tests',
    check: async () => testsOf('kernel', node, await kernelPrefix()),
  },
  {
    name: 'kernel-other-node',
    proves: 'the daemon and its processes on the other end of the supported Node versions',
    lane: 'kernel',
    needs: 'kernel tests',
    // What packets do depends on the rules alone, which the unit tests hold equal on both.
    check: async () => testsOf('kernel', await otherNode(), await kernelPrefix(), ['test/daemon', 'packages/daemon']),
  },
];
