import { chmod, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execa } from 'execa';
import type { DaemonProcess } from '../daemon/process.js';
import { listRuleset, tablesIn } from './contents.js';
import { openServedNode, until } from './node.js';
import type { ServedNode, ServedService } from './node.js';
import { full, reportRow, times } from './scorecard.js';

/** What stands in for nft does, once it has noted that it was started. */
const failures: Readonly<Record<string, string>> = {
  'ends with 1': 'exit 1',
  'prints garbage, and ends with 0': 'echo "lorem ipsum"',
  'says EBUSY to every transaction': refusing('Device or resource busy'),
  'says ENOBUFS to every transaction': refusing('No buffer space available'),
  'says EMSGSIZE to every transaction': refusing('Message too long'),
  'does not know the syntax, as another version': refusing('Invalid argument'),
  // Killed after 25 seconds.
  ...(full ? { hangs: 'exec sleep 3600' } : {}),
};

function refusing(reason: string): string {
  const words = `/dev/stdin:1:1-9: Error: Could not process rule: ${reason}`;
  return `case "$*" in *--file*) echo "${words}" >&2; exit 1;; *) exec "$real" "$@";; esac`;
}

function servicesOf(generation: number): readonly ServedService[] {
  return Array.from({ length: 50 }, (_, index) => ({
    name: `s${String(index)}`,
    clusterIP: `10.96.0.${String(10 + index)}`,
    endpoints: [`10.244.2.${String(1 + generation)}`],
  }));
}

let node: ServedNode;
let programs: string;
let daemon: DaemonProcess;
const states: string[] = [];

beforeAll(async () => {
  node = await openServedNode();
  programs = join(node.folder, 'programs');
  await mkdir(programs);
  for (const program of ['nsenter', 'ip', 'conntrack', 'setpriv', 'cat', 'sleep', 'date'])
    await symlink(await pathOf(program), join(programs, program));
  const script = `#!/bin/sh
real=${await pathOf('nft')}
case "$*" in --interactive) exec "$real" "$@";; esac
date +%s%3N >>${join(node.folder, 'starts')}
. ${join(node.folder, 'behaviour')}
`;
  await writeFile(join(programs, 'nft'), script);
  await chmod(join(programs, 'nft'), 0o755);
  await behave('exec "$real" "$@"');
  await node.serve(servicesOf(0));
  daemon = await node.started({ env: { PATH: programs } });
  states.push(await held());
  await node.serve(servicesOf(1));
  await until('the other endpoints are served', async () => (await held()) !== states[0]);
  states.push(await held());
});
afterAll(async () => {
  await daemon.stop();
  await node.close();
});

async function pathOf(program: string): Promise<string> {
  return (await execa('sh', ['-c', 'command -v "$0"', program])).stdout;
}

async function behave(script: string): Promise<void> {
  // Renamed into place: a half-written file is never run.
  await writeFile(join(node.folder, 'next-behaviour'), `${script}\n`);
  await rename(join(node.folder, 'next-behaviour'), join(node.folder, 'behaviour'));
}

async function held(): Promise<string> {
  return tablesIn(await listRuleset(node.lab.namespace('node-a')))
    .filter(({ isServing }) => isServing)
    .map(({ contents }) => contents.join('\n'))
    .join('\n\n');
}

/** When nft was started after a time, in milliseconds since 1970. */
const startsSince = async (since: number): Promise<readonly number[]> =>
  (await readFile(join(node.folder, 'starts'), 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map(Number)
    .filter((at) => at >= since);

let generation = 1;

interface Endured {
  readonly isKept: boolean;
  /** Most starts of nft in a minute while it failed, and for how many milliseconds it did. */
  readonly mostStarts: number;
  readonly ms: number;
  /** From the repair until the kernel held what was wanted, in milliseconds. */
  readonly healedMs: number;
}

/** nft fails while Services change; then it works again. */
async function endure(breakIt: () => Promise<void>, repair: () => Promise<void>): Promise<Endured> {
  const before = await held();
  const complaints = (): number => daemon.log().split('the rules could not be written').length;
  const known = complaints();
  const began = performance.now();
  await breakIt();
  const broken = Date.now();
  generation = 1 - generation;
  await node.serve(servicesOf(generation));
  await until('the sync fails', () => complaints() > known, 40_000);
  for (let passed = 0; passed < times(1_500, 60_000); passed += 500) {
    await node.serve(servicesOf(1 - generation));
    await node.serve(servicesOf(generation));
    await sleep(500);
  }
  const isKept = (await held()) === before;
  const ms = performance.now() - began;
  const starts = await startsSince(broken);
  const inMinuteFrom = (at: number): number => starts.filter((one) => one >= at && one < at + 60_000).length;
  await repair();
  const repaired = performance.now();
  await until('the kernel is as it should be', async () => (await held()) === states[generation]);
  return { isKept, mostStarts: Math.max(0, ...starts.map(inMinuteFrom)), ms, healedMs: performance.now() - repaired };
}

function report(what: string, { isKept, mostStarts, ms, healedMs }: Endured): void {
  reportRow({
    row: 16,
    case: `nft ${what}, for ${String(Math.round(ms / 1_000))} s`,
    n: 1,
    passNumber: 'the old rules stay, at most 20 starts of nft a minute, as wanted within 5 s of the repair',
    measured: `${isKept ? 'they stay' : 'they changed'}, at most ${String(mostStarts)} starts a minute; the time is that from the repair`,
    tookMs: [healedMs],
  });
}

describe('row 16: nft does not work', { timeout: 300_000, retry: 0 }, () => {
  it.each(Object.entries(failures))('it %s', async (what, script) => {
    const endured = await endure(
      () => behave(script),
      () => behave('exec "$real" "$@"'),
    );
    report(what, endured);
    expect(endured.isKept).toBe(true);
    expect(endured.mostStarts).toBeLessThanOrEqual(20);
  });

  it('it is missing', async () => {
    const [nft, away] = [join(programs, 'nft'), join(programs, 'nft-away')];
    const endured = await endure(
      () => rename(nft, away),
      () => rename(away, nft),
    );
    report('is missing', endured);
    expect(endured.isKept).toBe(true);
    expect(endured.mostStarts).toBe(0);
  });
});
