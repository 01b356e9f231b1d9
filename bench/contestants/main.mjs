/**
 * One contestant of a comparison, in a process and a network namespace of its own:
 *
 *     unshare --net node bench/contestants/main.mjs ours|floor|baseline
 *
 * Takes commands as lines of JSON on standard input and answers each with a line; ends when its standard input does.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Churn, clusterOf } from '../cluster/changes.mjs';
import { Baseline } from './kube-proxy.mjs';
import { Floor } from './floor.mjs';
import { Ours } from './ours.mjs';

/** @typedef {import('../cluster/services.mjs').Size & { affinity?: number }} Size */
/** @typedef {{ load: Size } | { change: import('../cluster/changes.mjs').ChangeKind } | { floor: 'open' | 'replace' | 'add' }} Command */

const contestants = { ours: Ours, floor: Floor, baseline: Baseline };
const name = /** @type {keyof typeof contestants} */ (process.argv[2]);
const contestant = new contestants[name]();
let churn = new Churn({ services: 1, endpoints: 1 });

try {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await obey(JSON.parse(line)))}\n`);
  }
} finally {
  contestant.close();
}

/** @param {Command} command */
async function obey(command) {
  if ('load' in command) {
    churn = new Churn(command.load);
    return contestant.load(clusterOf(command.load));
  }
  if ('change' in command) {
    if (contestant instanceof Floor) throw new Error('the floor knows no Services');
    return contestant.change(churn.next(command.change));
  }
  if (!(contestant instanceof Floor)) throw new Error(`${name} is not the floor`);
  if (command.floor !== 'open') return contestant.change(command.floor);
  await contestant.open();
  return {};
}
