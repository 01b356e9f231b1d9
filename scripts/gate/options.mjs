import { STEPS } from './steps.mjs';

/**
 * @typedef {object} Selection
 * @property {readonly import('./steps.mjs').Step[]} steps to run
 * @property {readonly import('./steps.mjs').Step[]} skipped because `NFTPROXIER_SKIP` names them
 */

export const USAGE = `npm test -- [--only STEP[,STEP…]] [--list] [--help]

  --only   run these steps alone
  --list   print the steps and what each proves

NFTPROXIER_SKIP=STEP[,STEP…]   leave these steps out (on the other Node too), and say so
`;

/**
 * Which steps to run.
 *
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Selection}
 * @throws {Error} where an option or a step's name is not known
 */
export function select(args, env) {
  let only = STEPS.map(({ name }) => name);
  for (let index = 0; index < args.length; index += 1) {
    const [option, inline] = (args[index] ?? '').split('=', 2);
    if (option !== '--only') throw new Error(`unknown option ${args[index]}\n\n${USAGE}`);
    only = names('--only', inline ?? args[(index += 1)] ?? '');
  }
  const skip = names('NFTPROXIER_SKIP', env.NFTPROXIER_SKIP ?? '');
  // Who cannot run kernel tests cannot on another Node either.
  const skips = (/** @type {string} */ name) => skip.includes(name) || skip.includes(name.replace('-other-node', ''));
  const chosen = STEPS.filter(({ name }) => only.includes(name));
  return {
    steps: chosen.filter(({ name }) => !skips(name)),
    skipped: chosen.filter(({ name }) => skips(name)),
  };
}

/**
 * @param {string} option
 * @param {string} text
 */
function names(option, text) {
  const given = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const known = STEPS.map(({ name }) => name);
  const unknown = given.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`${option}: no step ${unknown.join(', ')}; there are ${known.join(', ')}`);
  return given;
}
