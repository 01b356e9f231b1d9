/**
 * One contestant of a comparison, in a process and a network namespace of its own:
 *
 *     unshare --net node bench/contestants/main.mjs ours|floor|baseline
 *
 * Takes commands as lines of JSON on standard input and answers each with a line; ends when its standard input does.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { connectionsPerSecond, flowsPerSecond, openNode } from '../packets/measure.mjs';
import { Churn, clusterOf } from '../cluster/changes.mjs';
import { Baseline } from './kube-proxy.mjs';
import { Floor } from './floor.mjs';
import { Ours } from './ours.mjs';

/** @typedef {import('../cluster/services.mjs').Size & { affinity?: number }} Size */
/**
 * @typedef {{ load: Size }
 *   | { change: import('../cluster/changes.mjs').ChangeKind }
 *   | { packets: { load: Size, protocol: 'TCP' | 'UDP' } }
 *   | { send: { services: number, protocol: 'TCP' | 'UDP' } }
 *   | { addByHand: { index: number, endpoints: number } }
 *   | { rollout: { endpoints: number, atOnce: number, apart: boolean } }
 *   | { quarantine: Size & { poison?: number } }
 *   | { floor: 'open' | 'replace' | 'add' }} Command
 */

const contestants = { ours: Ours, floor: Floor, baseline: Baseline };
const name = /** @type {keyof typeof contestants} */ (process.argv[2]);
const contestant = new contestants[name]();
/** @type {Awaited<ReturnType<typeof openNode>> | undefined} */
let node;
let churn = new Churn({ services: 1, endpoints: 1 });

try {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await obey(JSON.parse(line)))}\n`);
  }
} finally {
  await node?.close();
  contestant.close();
}

/** @param {Command} command */
async function obey(command) {
  if ('packets' in command) {
    node ??= await openNode();
    const { load, protocol } = command.packets;
    if (!(contestant instanceof Floor)) await contestant.load(clusterOf({ ...load, protocol }));
    return {};
  }
  if ('send' in command) {
    const { services, protocol } = command.send;
    if (protocol === 'TCP') return { tcp: await connectionsPerSecond(services) };
    return { host: await flowsPerSecond([], services), pod: await flowsPerSecond(node?.inPod ?? [], services) };
  }
  if ('load' in command) {
    churn = new Churn(command.load);
    return contestant.load(clusterOf(command.load));
  }
  if (contestant instanceof Ours && 'addByHand' in command) return contestant.addByHand(command.addByHand);
  if (contestant instanceof Ours && 'rollout' in command) return contestant.rollout(command.rollout);
  if (contestant instanceof Ours && 'quarantine' in command) return contestant.quarantine(command.quarantine);
  if ('change' in command) {
    if (contestant instanceof Floor) throw new Error('the floor knows no Services');
    return contestant.change(churn.next(command.change));
  }
  if (!('floor' in command) || !(contestant instanceof Floor)) throw new Error(`${name} is not the floor`);
  if (command.floor !== 'open') return contestant.change(command.floor);
  await contestant.open();
  return {};
}
