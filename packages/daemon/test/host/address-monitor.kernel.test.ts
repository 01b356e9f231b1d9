import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type AddressMonitor, monitorAddresses } from '../../src/host/index.js';

const ip = (...args: readonly string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
let namespace: string;
let monitor: AddressMonitor | undefined;

beforeEach(() => {
  namespace = `addresses-${randomUUID().slice(0, 8)}`;
  ip('netns', 'add', namespace);
  ip('-n', namespace, 'link', 'set', 'lo', 'up');
});

afterEach(async () => {
  await monitor?.stop();
  monitor = undefined;
  ip('netns', 'delete', namespace);
});

const eventually = { timeout: 20_000, interval: 20 };

describe('monitorAddresses', () => {
  test('follows addresses that come and go, also on interfaces that are down, and leaves no process', async () => {
    const seen: (readonly string[])[] = [];
    const failed: Error[] = [];
    monitor = await monitorAddresses(
      { changed: (addresses) => seen.push(addresses), failed: (error) => failed.push(error) },
      { command: ['ip', '-n', namespace] },
    );
    expect(monitor.addresses()).toEqual(['127.0.0.1', '::1']);
    ip('-n', namespace, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', namespace, 'address', 'add', '10.9.0.1/24', 'dev', 'br0');
    await vi.waitFor(() => {
      expect(seen.at(-1)).toEqual(['10.9.0.1', '127.0.0.1', '::1']);
    }, eventually);
    ip('-n', namespace, 'address', 'delete', '10.9.0.1/24', 'dev', 'br0');
    await vi.waitFor(() => {
      expect(seen.at(-1)).toEqual(['127.0.0.1', '::1']);
    }, eventually);
    expect(failed).toEqual([]);
    await monitor.stop();
    expect(() => execFileSync('pgrep', ['-f', `ip -n ${namespace} `])).toThrow();
  });

  test('starts again when its process is killed, and catches up with what it missed', async () => {
    const seen: (readonly string[])[] = [];
    const failed: string[] = [];
    monitor = await monitorAddresses(
      { changed: (addresses) => seen.push(addresses), failed: (error) => failed.push(error.message) },
      { command: ['ip', '-n', namespace], backoff: { first: 300, longest: 300 } },
    );
    const pid = Number(execFileSync('pgrep', ['-f', `^ip -n ${namespace} -o monitor`], { encoding: 'utf8' }).trim());
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => {
      expect(failed).toEqual([expect.stringContaining('SIGKILL')]);
    }, eventually);
    ip('-n', namespace, 'address', 'add', '10.9.0.2/32', 'dev', 'lo');
    await vi.waitFor(() => {
      expect(seen.at(-1)).toContain('10.9.0.2');
    }, eventually);
  });
});

describe('without an ip command', () => {
  test('the addresses are those that Node knows, and the failure is reported', async () => {
    const failed: string[] = [];
    monitor = await monitorAddresses(
      { changed: () => undefined, failed: (error) => failed.push(error.message) },
      { command: ['/nonexistent/ip'], backoff: { first: 10_000, longest: 10_000 } },
    );
    expect(monitor.addresses()).toContain('127.0.0.1');
    await vi.waitFor(() => {
      expect(failed.length).toBeGreaterThanOrEqual(2);
    }, eventually);
  });

  test('a command that fails leaves the addresses as they were', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'addresses-'));
    try {
      const script = join(folder, 'ip');
      writeFileSync(script, '#!/bin/sh\nexit 3\n');
      chmodSync(script, 0o755);
      const failed: string[] = [];
      monitor = await monitorAddresses(
        { changed: () => undefined, failed: (error) => failed.push(error.message) },
        { command: [script, 'x'], backoff: { first: 10_000, longest: 10_000 } },
      );
      expect(monitor.addresses()).toEqual([]);
      expect(failed).toContainEqual(expect.stringContaining('exit code 3'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
