import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { DaemonNode, usageOf } from '../daemon/node.js';
import type { Usage } from '../daemon/node.js';
import { contentsOf, settled } from '../soak/agreement.js';
import { ChangingWorld, pods } from '../soak/world.js';
import { reportRow, times } from './scorecard.js';

let node: DaemonNode | undefined;
afterEach(async () => {
  await node?.close();
  node = undefined;
});

const flows = Array.from({ length: 20 }, (_, index) => `long-${String(index)}`);

interface Outage {
  readonly lost: number;
  readonly attempted: number;
  readonly failed: number;
  readonly before: readonly string[];
  readonly during: readonly string[];
  /** Share of a processor that the daemon took, in percent, and what memory it gained, in MB. */
  readonly percent: number;
  readonly gainedMB: number;
}

/** The API server goes away, the daemon is restarted meanwhile, and the API server comes back. */
async function endure(seconds: number, meanwhile: (here: DaemonNode) => Promise<void>): Promise<Outage> {
  const here = await DaemonNode.open([]);
  node = here;
  new ChangingWorld(9, () => here.server.api).start();
  await here.lab.serve(pods.map((address) => ({ address, port: 8080, protocol: 'TCP' as const })));
  await here.start().says('table loaded, serving');
  await settled(here);
  const target = { address: '10.96.200.1', port: 80 };
  const ask = async (flow: string): Promise<string | undefined> => {
    const { outcome, answer } = await here.lab.flow('client', { ...target, flow, protocol: 'TCP', timeoutMs: 3_000 });
    return outcome === 'answered' ? `${answer?.address ?? ''} ${String(answer?.peerPort)}` : undefined;
  };
  const first = await Promise.all(flows.map(ask));
  const load = await here.lab.load('client', {
    targets: [target],
    connections: 1_000_000,
    concurrency: 4,
    pauseMs: 20,
    timeoutMs: 4_000,
  });
  const before = await contentsOf(here);

  await here.apiServerDown();
  const old = await measured(here, (seconds / 2) * 1_000);
  await here.daemon.stop();
  await meanwhile(here);
  here.start();
  await here.daemon.says('starting');
  // What a start takes is not what an outage takes.
  await sleep(2_000);
  const young = await measured(here, (seconds / 2) * 1_000);
  const during = await contentsOf(here);
  await here.apiServerUp();
  await here.daemon.says('table loaded, serving');
  await settled(here);
  await load.stop();
  const { attempted, failed } = await load.done;
  const last = await Promise.all(flows.map(ask));
  return {
    lost: last.filter((answer, index) => answer === undefined || answer !== first[index]).length,
    attempted,
    failed,
    before,
    during,
    percent: Math.max(old.percent, young.percent),
    gainedMB: Math.max(old.gainedMB, young.gainedMB),
  };
}

async function measured(here: DaemonNode, ms: number): Promise<Pick<Outage, 'percent' | 'gainedMB'>> {
  const begin = await needed(here);
  await sleep(ms);
  const end = await needed(here);
  return {
    percent: ((end.cpuSeconds - begin.cpuSeconds) / ms) * 100_000,
    gainedMB: end.residentMB - begin.residentMB,
  };
}

async function needed({ daemon }: DaemonNode): Promise<Usage> {
  const usage = await usageOf(daemon.pid);
  if (usage === undefined) throw new Error(`the daemon has ended:\n${daemon.log()}`);
  return usage;
}

describe('row 9: the API server is down, and the daemon restarts meanwhile', { timeout: 1_200_000, retry: 0 }, () => {
  const seconds = times(6, 300);

  it('no connection is lost or fails, and the rules stay as they are', async () => {
    const { lost, attempted, failed, before, during, percent, gainedMB } = await endure(seconds, () =>
      Promise.resolve(),
    );
    reportRow({
      row: 9,
      case: `${String(seconds)} s, with ${String(flows.length)} long-lived connections and new ones all the time`,
      n: attempted,
      passNumber: '0 lost, 0 failed, the same rules; less than 1 % of a processor and 5 MB more over 5 minutes',
      measured: `${String(lost)} lost, ${String(failed)} failed, the same rules; ${percent.toFixed(2)} % of a processor, ${gainedMB.toFixed(1)} MB more`,
    });
    expect({ lost, failed }).toEqual({ lost: 0, failed: 0 });
    expect(attempted).toBeGreaterThan(100);
    expect(during).toEqual(before);
    if (seconds >= 300) {
      expect(percent).toBeLessThan(1);
      expect(gainedMB).toBeLessThan(5);
    }
  });

  it('no connection is lost or fails: fails without leaving the rules in place', async () => {
    const outage = await endure(2, async (here) => {
      await here.command('run', '--cleanup');
    });
    expect(outage.failed).toBeGreaterThan(0);
    expect(outage.during).not.toEqual(outage.before);
  });
});
