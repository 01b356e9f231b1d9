import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { service, slice } from '@nftproxier/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeFlows } from '../../src/conntrack/index.js';
import { endpoints, openLab, until } from './lab.js';
import type { Lab } from './lab.js';
import { address } from './plans.js';

let lab: Lab;
let folder: string;

/** What was run, a line each. */
const runs = (): readonly string[] => readFileSync(join(folder, 'runs'), 'utf8').split('\n').filter(Boolean);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conntrack-test-'));
  const command = join(folder, 'conntrack');
  writeFileSync(join(folder, 'runs'), '');
  writeFileSync(command, `#!/bin/sh\necho "$@" >> ${join(folder, 'runs')}\nexec conntrack "$@"\n`);
  chmodSync(command, 0o755);
  lab = await openLab({ conntrackCommand: command });
});

afterEach(async () => {
  await lab.close();
  rmSync(folder, { recursive: true });
});

const dns = service({ name: 'dns', clusterIP: '10.96.0.10', ports: [{ port: 53, protocol: 'UDP' }] });
const leadsTo = (endpoint: string) =>
  slice({ service: 'dns', ports: [{ name: '', protocol: 'UDP', port: 5353 }], endpoints: [endpoint] });

it('5,000 stale flows take one listing and one removal', async () => {
  await lab.apply(dns, leadsTo(endpoints.IPv4[0]));
  await until(() => lab.reports.length === 1);
  await lab.burst(5_000, '10.96.0.10', 53);
  expect(await lab.flows()).toHaveLength(5_000);
  const before = runs().length;
  await lab.apply(leadsTo(endpoints.IPv4[1]));
  await until(() => lab.reports.length === 2);
  expect(lab.reports[1]).toMatchObject({ listed: 5_000, stale: 5_000, removed: 5_000, processes: 2, pending: 0 });
  expect(runs().slice(before)).toEqual(['-L -p udp -f ipv4 -d 10.96.0.10', '-R -']);
  expect(await lab.flows()).toEqual([]);
});

it('flows that end while they are being deleted stop no command', async () => {
  await lab.apply();
  const sports = Array.from({ length: 60 }, (_, index) => index + 1);
  const entries = sports.flatMap((sport) =>
    Array.from({ length: 20 }, (_, index) => {
      const to = `-d 10.96.0.10 -p udp --sport ${String(index + 1)} --dport 53 -g 10.244.1.${String(sport)}`;
      return `-A -t 600 -u UNSET -s 10.0.0.${String(sport)} ${to}`;
    }),
  );
  await lab.enter(...entries);
  expect(await lab.flows()).toHaveLength(1_200);
  const before = runs().length;
  const removal = removeFlows(
    lab.conntrack,
    sports.map((sport) => ({
      family: 'IPv4',
      protocol: 'UDP',
      dst: address('10.96.0.10'),
      dport: 53,
      reply: { src: address(`10.244.1.${String(sport)}`), sport: 53 },
      state: undefined,
    })),
  );
  // Somebody else deletes them too, while that is under way.
  await until(() => runs().length > before, runs);
  await promisify(execFile)('ip', ['netns', 'exec', lab.node.name, 'conntrack', '-F']);
  await removal;
  expect(await lab.flows()).toEqual([]);
  const loads = runs()
    .slice(before)
    .filter((line) => line === '-R -');
  expect(loads.length).toBeGreaterThanOrEqual(1);
  expect(loads.length).toBeLessThanOrEqual(5);
});
