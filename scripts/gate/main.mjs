import process from 'node:process';
import { build } from '../bootstrap/build.mjs';
import { BootstrapError } from '../bootstrap/failure.mjs';
import { installNpmPackages } from '../bootstrap/npm-packages.mjs';
import { run } from '../bootstrap/run.mjs';
import { installSystemPackages } from '../bootstrap/system-packages.mjs';
import { USAGE, select } from './options.mjs';
import { STEPS } from './steps.mjs';
import { Summary } from './summary.mjs';

/**
 * Installs, builds, runs the chosen steps, and prints what came of it.
 *
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} the exit code
 */
export async function main(args, env) {
  if (args.includes('--help')) return print(USAGE);
  if (args.includes('--list')) return print(STEPS.map(({ name, proves }) => `${name.padEnd(18)} ${proves}\n`).join(''));
  const summary = new Summary((line) => process.stdout.write(`${line}\n`));
  const selection = choose(args, env, summary);
  if (selection === undefined) return summary.finish();
  for (const step of selection.skipped) summary.skipped(step.name, 'NFTPROXIER_SKIP says so');

  const { steps } = selection;
  /** @type {Map<string | undefined, boolean>} Purposes whose programs this machine has, or has not. */
  const equipped = new Map();
  for (const purpose of new Set(purposes(steps))) {
    const install = (/** @type {(line: string) => void} */ say) => installSystemPackages(say, [purpose]);
    equipped.set(purpose, await prepare(summary, `for ${purpose}`, install));
  }
  const ready = (await prepare(summary, 'install', installNpmPackages)) && (await prepare(summary, 'build', build));
  if (!ready) return summary.finish();

  // Two lanes, for two cores: what reads the code, and what runs it. Packets get the machine to themselves.
  await Promise.all([lane('static'), lane('tests')]);
  await lane('kernel');
  return summary.finish();

  /** @param {import('./steps.mjs').Step['lane']} name */
  async function lane(name) {
    for (const step of steps.filter((candidate) => candidate.lane === name)) {
      const started = process.hrtime.bigint();
      const verdict = equipped.get(step.needs) === false ? unequipped(step) : await judge(step);
      summary.judged(step.name, verdict, Number(process.hrtime.bigint() - started) / 1e9);
    }
  }
}

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {Summary} summary
 */
function choose(args, env, summary) {
  try {
    return select(args, env);
  } catch (error) {
    summary.judged('options', { ok: false, output: messageOf(error) }, 0);
    return undefined;
  }
}

/** @param {readonly import('./steps.mjs').Step[]} steps */
function purposes(steps) {
  return steps.flatMap(({ needs }) => (needs === undefined ? [] : [needs]));
}

/**
 * @param {import('./steps.mjs').Step} step
 * @returns {import('./steps.mjs').Verdict}
 */
function unequipped({ name, needs }) {
  const output = `not run: see "for ${needs}"; to leave it out on purpose: NFTPROXIER_SKIP=${name.replace('-other-node', '')} npm test`;
  return { ok: false, output };
}

/**
 * A step that those after it cannot do without.
 *
 * @param {Summary} summary
 * @param {string} name
 * @param {(say: (line: string) => void) => Promise<void>} act
 * @returns {Promise<boolean>} whether to go on
 */
async function prepare(summary, name, act) {
  const started = process.hrtime.bigint();
  /** @type {import('./steps.mjs').Verdict} */
  let verdict = { ok: true, output: '' };
  try {
    await act((line) => summary.note(line));
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    verdict = { ok: false, output: error.message };
  }
  summary.judged(name, verdict, Number(process.hrtime.bigint() - started) / 1e9);
  return verdict.ok;
}

/**
 * @param {import('./steps.mjs').Step} step
 * @returns {Promise<import('./steps.mjs').Verdict>}
 */
async function judge(step) {
  try {
    if (step.check !== undefined) return await step.check();
    const { code, output } = await run(step.command ?? []);
    return { ok: code === 0, output };
  } catch (error) {
    return { ok: false, output: messageOf(error) };
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {string} text */
function print(text) {
  process.stdout.write(text);
  return 0;
}
