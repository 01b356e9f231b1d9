import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { LiveConfiguration, loadConfiguration } from '../../src/config/index.js';
import { followSettings } from '../../src/daemon/settings.js';
import type { EventFacts } from '../../src/events/index.js';
import { createMetrics } from '../../src/metrics/index.js';
import { valid } from '../config/file.js';

const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\n';
const wait = { timeout: 20_000 };
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function follow(first: string) {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  const file = join(folder, 'config.yaml');
  const write = (fields: string): void => {
    writeFileSync(file, `${head}${fields}\n`);
  };
  write(first);
  const argv = [`--config=${file}`];
  const settings = new LiveConfiguration(
    valid(loadConfiguration({ argv, env: {}, readFile: () => `${head}${first}\n` })),
  );
  const metrics = createMetrics({
    ...{ version: '', nodeVersion: '', platform: '', featureGates: {}, readFile: () => '', startTime: 0 },
  });
  const events: EventFacts[] = [];
  const restarts: Error[] = [];
  const lines: string[] = [];
  const stop = followSettings({
    ...{ settings, file, argv, warnings: 2, nodeName: 'node-a', metrics, interval: 10 },
    events: { emit: (event) => events.push(event) },
    log: pino({ base: null }, { write: (line: string) => lines.push(line) }),
    restart: (error) => restarts.push(error),
  });
  ends.push(stop, metrics.stop, () => {
    rmSync(folder, { recursive: true });
  });
  return { settings, write, metrics, events, restarts, lines };
}

test('what can take effect at once does, also for who was told of it', async () => {
  const { settings, write, metrics } = follow('nftables: {syncPeriod: 30s}');
  const told: (readonly string[])[] = [];
  settings.changed((_, fields) => told.push(fields));
  expect(await metrics.page.render()).toMatch(/^nftproxier_configuration_warnings 2$/mu);
  write('nftables: {syncPeriod: 40s}\nnope: 1');
  await vi.waitFor(() => expect(settings.current.nftables.syncPeriod).toBe(40_000), wait);
  expect(told).toEqual([['nftables.syncPeriod']]);
  const page = await metrics.page.render();
  expect(page).toMatch(/^nftproxier_configuration_reloads_total\{result="applied"\} 1$/mu);
  expect(page).toMatch(/^nftproxier_configuration_warnings 1$/mu);
});

test('what is not valid changes nothing, is said everywhere, and is over with the next that is', async () => {
  const { settings, write, metrics, events, lines } = follow('oomScoreAdj: 1');
  write('oomScoreAdj: 2000\nnftables: {syncPeriod: 0.5}');
  await vi.waitFor(() => expect(events).toHaveLength(1), wait);
  expect(events[0]).toMatchObject({ type: 'Warning', reason: 'ConfigurationRefused', action: 'ReloadConfiguration' });
  expect(events[0]?.note).toMatch(/oomScoreAdj: 2000 .*\n?.*|syncPeriod/u);
  expect(lines.join('')).toContain('oomScoreAdj');
  expect(lines.join('')).toContain('nftables.syncPeriod');
  expect(settings.current.oomScoreAdj).toBe(1);
  expect(await metrics.page.render()).toMatch(/^nftproxier_configuration_last_reload_successful 0$/mu);
  write('oomScoreAdj: 1 # as it was');
  await vi.waitFor(
    async () => expect(await metrics.page.render()).toMatch(/^nftproxier_configuration_last_reload_successful 1$/mu),
    wait,
  );
});

test('what only a new process can follow ends this one', async () => {
  const { settings, write, restarts } = follow('');
  write('clusterCIDR: 10.0.0.0/8\nnftables: {masqueradeAll: true}');
  await vi.waitFor(() => expect(restarts).toHaveLength(1), wait);
  expect(restarts[0]).toMatchObject({ code: 'CONFIGURATION_CHANGED' });
  expect(restarts[0]?.message).toContain('clusterCIDR, nftables.masqueradeAll');
  expect(settings.current.clusterCIDR).toBe('');
});
