import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listFlows, removeFlows } from '../../src/conntrack/index.js';
import type { StaleFlows } from '../../src/conntrack/index.js';
import { createConntrack } from '../../src/run/conntrack.js';
import { checkConntrack } from '../../src/run/conntrack-version.js';
import { address } from './plans.js';

const folder = mkdtempSync(join(tmpdir(), 'conntrack-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A program in conntrack's place. */
function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const stale: StaleFlows = {
  family: 'IPv4',
  protocol: 'UDP',
  dst: address('10.96.0.10'),
  dport: 53,
  reply: { src: address('10.244.0.1'), sport: 5353 },
  state: undefined,
};
const deletion = '-D -f ipv4 -p udp -d 10.96.0.10 --dport 53 -r 10.244.0.1 --reply-port-src 5353\n';

describe('the process', () => {
  it('gets its arguments, and its commands in a file that it can open by name', async () => {
    const log = join(folder, 'log');
    const command = program('record', `echo "$@" >> ${log}; [ "$1" = -R ] && cat /dev/stdin >> ${log}; echo deleted`);
    const conntrack = createConntrack({ command });
    await listFlows(conntrack, { protocol: 'UDP' }, () => undefined);
    await listFlows(conntrack, { protocol: 'SCTP', family: 'IPv6', dst: address('fd00::1') }, () => undefined);
    expect(await removeFlows(conntrack, [stale, { ...stale, reply: 'any' }])).toBe(1);
    expect(readFileSync(log, 'utf8')).toBe(
      `-L -p udp\n-L -p sctp -f ipv6 -d fd00::1\n-R -\n${deletion}-D -f ipv4 -p udp -d 10.96.0.10 --dport 53\n`,
    );
  });

  it('is not run where there is nothing to delete', async () => {
    expect(await removeFlows(createConntrack({ command: program('never', 'exit 9') }), [])).toBe(0);
  });

  it('takes a list of any length', async () => {
    const input = join(folder, 'input');
    const command = program('count', `cat /dev/stdin > ${input}`);
    const all = Array.from({ length: 20_000 }, (_, index) => ({ ...stale, dport: index + 1 }));
    await removeFlows(createConntrack({ command }), all);
    expect(readFileSync(input, 'utf8').match(/\n/g)).toHaveLength(20_000);
  });

  it('is run again where a flow ended meanwhile, five times in all', async () => {
    // As conntrack 1.4.7 says it, after the flows it has deleted.
    const words = `conntrack v1.4.7 (conntrack-tools): Operation failed: such conntrack doesn't exist`;
    const log = join(folder, 'attempts');
    const command = program(
      'vanish',
      `echo x >> ${log}; echo deleted; [ $(wc -l < ${log}) -ge 3 ] && exit 0; echo "${words}" >&2; exit 1`,
    );
    expect(await removeFlows(createConntrack({ command }), [stale])).toBe(3);
    expect(readFileSync(log, 'utf8')).toBe('x\nx\nx\n');
    rmSync(log);
    const never = program('vanish-always', `echo x >> ${log}; echo "${words}" >&2; exit 1`);
    await expect(removeFlows(createConntrack({ command: never }), [stale])).rejects.toMatchObject({
      code: 'CONNTRACK_VANISHED',
    });
    expect(readFileSync(log, 'utf8').length).toBe(10);
  });
});

describe('an error says what to do', () => {
  const v = 'conntrack v1.4.6 (conntrack-tools):';
  it.each([
    ['CONNTRACK_UNSUPPORTED', `echo "${v} unknown option \\\`-R'" >&2; exit 2`, /1\.4\.7 or later is needed/],
    [
      'CONNTRACK_PERMISSION',
      `echo "${v} Operation failed: sorry, you must be root or get CAP_NET_ADMIN capability to do this" >&2; exit 1`,
      /run as root/,
    ],
    [
      'CONNTRACK_FAILED',
      `echo "${v} Operation failed: Interrupted system call" >&2; exit 1`,
      /Interrupted system call/,
    ],
    ['CONNTRACK_FAILED', 'exit 7', /failed/],
    ['CONNTRACK_TIMEOUT', 'exec sleep 60', /500 ms/],
    ['CONNTRACK_KILLED', 'kill -SEGV $$', /SIGSEGV/],
  ])('%s', async (code, script, message) => {
    const command = program(`fails-${code}`, script);
    const error = createConntrack({ command, timeoutMs: 500 }).load(deletion);
    await expect(error).rejects.toMatchObject({ code, message: expect.stringMatching(message) as unknown });
  });

  it('of a version that is too old, before anything is run', async () => {
    const versionOf = (text: string) =>
      checkConntrack(createConntrack({ command: program('version', `echo "${text}"`) }));
    await expect(versionOf('conntrack v1.4.6 (conntrack-tools)')).rejects.toThrow(/too old \(1\.4\.6\).*1\.4\.7/);
    await expect(versionOf('hello')).rejects.toMatchObject({ code: 'CONNTRACK_UNSUPPORTED' });
    expect(await versionOf('conntrack v1.4.8 (conntrack-tools)')).toEqual({ major: 1, minor: 4, patch: 8 });
  });

  it('CONNTRACK_MISSING', async () => {
    const missing = createConntrack({ command: join(folder, 'missing') });
    await expect(missing.version()).rejects.toMatchObject({
      code: 'CONNTRACK_MISSING',
      message: expect.stringMatching(/install conntrack.*1\.4\.7.*time out/) as unknown,
    });
  });

  it('CONNTRACK_NO_FILE', async () => {
    const command = program('unused', 'exit 0');
    const conntrack = createConntrack({ command, folders: ['/proc', join(folder, 'nowhere')] });
    await expect(conntrack.load(deletion)).rejects.toMatchObject({ code: 'CONNTRACK_NO_FILE' });
    await createConntrack({ command, folders: ['/proc', folder] }).load(deletion);
  });

  it('CONNTRACK_CANCELLED', async () => {
    const conntrack = createConntrack({ command: program('hang', 'exec sleep 60') });
    const abort = new AbortController();
    const run = conntrack.list({ protocol: 'UDP' }, () => undefined, { signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(run).rejects.toMatchObject({ code: 'CONNTRACK_CANCELLED' });
    await expect(conntrack.version({ signal: abort.signal })).rejects.toMatchObject({ code: 'CONNTRACK_CANCELLED' });
  });

  it('of the reader is passed on', async () => {
    const conntrack = createConntrack({ command: program('talk', 'while :; do echo x; done') });
    const run = conntrack.list({ protocol: 'UDP' }, () => {
      throw new Error('cannot read');
    });
    await expect(run).rejects.toThrow('cannot read');
  });
});
