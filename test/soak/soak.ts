import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@nftproxier/core/testing';
import type { Protections } from '../../packages/daemon/src/guard/protections.js';
import { DaemonNode } from '../daemon/node.js';
import { weakened } from '../reliability/node.js';
import { audited, contentsOf, difference, settled, staleFlows } from './agreement.js';
import { draw, endings, faults as allFaults } from './faults.js';
import type { Fault } from './faults.js';
import { metricsOf, sample } from './samples.js';
import type { Sample } from './samples.js';
import { ChangingWorld, pods } from './world.js';

/** How long, how, and who is told. */
export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly eventsPerSecond: number;
  readonly secondsPerFault: number;
  /** What may go wrong, by name; everything there is unless given. */
  readonly faults?: Readonly<Record<string, Fault>>;
  /** Protections that the daemon does without. */
  readonly without?: readonly (keyof Protections)[];
  readonly say: (line: string) => void;
}

/** What a soak came to. */
export interface SoakReport {
  readonly samples: readonly Sample[];
  readonly faults: Readonly<Record<string, number>>;
  readonly events: number;
  readonly connections: { readonly attempted: number; readonly failed: number };
  /** What did not agree at the end, and what should not have happened on the way. */
  readonly complaints: readonly string[];
}

/**
 * The real daemon in a world that changes at random while things go wrong at random. The daemon itself is ended only in the
 * first quarter, so that what the last one uses can be watched for most of the time.
 */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { without = [] } = options;
  const node = await DaemonNode.open([], without.length === 0 ? {} : { program: weakened(without) });
  try {
    return await run(node, options);
  } finally {
    await node.close();
  }
}

async function run(node: DaemonNode, options: SoakOptions): Promise<SoakReport> {
  const { seconds, seed, eventsPerSecond, secondsPerFault, faults = allFaults, without = [], say } = options;
  const random = seededRandom(seed);
  const world = new ChangingWorld(seed + 1, () => node.server.api);
  const complaints: string[] = [];
  const samples: Sample[] = [];
  const happened: Record<string, number> = {};
  let events = 0;
  let isExpected = false;

  const begin = async (): Promise<void> => {
    isExpected = false;
    // What others change is to be put right before the end.
    const daemon = node.start('--audit-period=2s');
    void daemon.ended.then((code) => {
      if (!isExpected)
        complaints.push(`the daemon ended by itself with ${String(code)}:\n${daemon.log().slice(-2_000)}`);
    });
    await daemon.says('table loaded, serving');
  };
  const restart = async (): Promise<void> => {
    if (/unhandled|TypeError|RangeError/i.test(node.daemon.log()))
      complaints.push('the daemon logged an unexpected error');
    await begin();
  };

  world.start();
  await begin();
  await node.lab.serve(
    pods.flatMap((address) => [
      { address, port: 8080, protocol: 'TCP' as const },
      { address, port: 8080, protocol: 'UDP' as const },
    ]),
  );
  const load = await node.lab.load('client', {
    targets: [{ address: '10.96.200.1', port: 80 }],
    connections: 1_000_000,
    concurrency: 2,
    pauseMs: 20,
    timeoutMs: 3_000,
  });

  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1_000;
  const isOver = (): boolean => elapsed() >= seconds;
  const churn = async (): Promise<void> => {
    while (!isOver()) {
      const due = Math.floor(elapsed() * eventsPerSecond);
      for (; events < due; events += 1) world.step();
      await sleep(50);
    }
  };
  const harm = async (): Promise<void> => {
    for (let number = 1; ; number += 1) {
      while (elapsed() < number * secondsPerFault && !isOver()) await sleep(50);
      if (isOver()) return;
      const isEnding = elapsed() < seconds / 4 && random() < 0.4;
      const [name, fault] = draw(random, isEnding ? endings : faults);
      happened[name] = (happened[name] ?? 0) + 1;
      say(`${elapsed().toFixed(0).padStart(5)} s  ${name}`);
      isExpected = isEnding;
      await fault({ node, world, random, restart });
    }
  };
  const watch = async (): Promise<void> => {
    for (let number = 0; !isOver(); number += 1) {
      const request = { address: '10.96.200.1', port: 53, protocol: 'UDP' as const, timeoutMs: 500 };
      await node.lab.flow('client', { ...request, flow: `flow-${String(number % 5)}` });
      const one = await sample(node, elapsed());
      if (one !== undefined) samples.push(one);
      await sleep(Math.max(1_500, (seconds * 1_000) / 200));
    }
  };
  await Promise.all([churn(), harm(), watch()]);

  await load.stop();
  const { attempted, failed } = await load.done;
  node.server.api.faults.clear();
  world.steadyEndpoints([0, 1]);
  await settled(node);
  if (!without.includes('audit')) await audited(node);
  // The conntrack cleaning of the last sync follows it.
  await sleep(2_000);
  complaints.push(...(await staleFlows(node, '10.96.200.1', pods.slice(0, 2))).map((flow) => `stale flow: ${flow}`));
  if (!(await metricsOf(node)).includes('nftproxier_quarantined_services 0')) complaints.push('a Service is set aside');
  const last = await sample(node, elapsed());
  if (last !== undefined) samples.push(last);
  const after = await contentsOf(node);
  isExpected = true;
  await node.daemon.stop();
  await node.command('run', '--cleanup');
  await begin();
  isExpected = true;
  complaints.push(...difference(after, await contentsOf(node)));
  return { samples, faults: happened, events, connections: { attempted, failed }, complaints };
}
