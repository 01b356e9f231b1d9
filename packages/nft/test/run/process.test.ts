import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNft, createTarget, NftRefusedError } from '../../src/run/index.js';
import type { NftOptions } from '../../src/run/index.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nft-run-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A program that stands in for nft. */
function standIn(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function failure(options: NftOptions, signal?: AbortSignal): Promise<unknown> {
  return createNft(options)
    .run('add table inet t\n', signal && { signal })
    .then(() => undefined)
    .catch((error: unknown) => error);
}

describe('running nft', () => {
  it('passes the script on standard input, strict arguments and the C locale', async () => {
    const log = join(folder, 'log');
    const command = standIn('recorder', `{ echo "$LC_ALL" "$#" "$@"; cat; } > ${log}`);
    await createNft({ command }).run('add table inet t\n');
    expect(readFileSync(log, 'utf8')).toBe('C 2 --file -\nadd table inet t\n');
    await createNft({ command }).run('x', { check: true });
    expect(readFileSync(log, 'utf8')).toBe('C 3 --check --file -\nx');
    await createTarget(createNft({ command })).apply({ table: 't', operations: [{ op: 'add-table' }] });
    expect(readFileSync(log, 'utf8')).toBe('C 2 --file -\nadd table inet t\n');
  });

  it('does not run it for a transaction without text', async () => {
    const target = createTarget(createNft({ command: join(folder, 'absent') }));
    await target.apply({ table: 't', operations: [] });
    await expect(target.apply({ table: 't', operations: [{ op: 'add-table' }] })).rejects.toThrow('install nftables');
  });

  it('tells that it is missing', async () => {
    expect(await failure({ command: join(folder, 'absent') })).toMatchObject({
      code: 'NFT_MISSING',
      message: expect.stringContaining('install nftables 1.0.6 or later'),
    });
  });

  it('does not take for nft what prints something and says that all is well', async () => {
    expect(await failure({ command: standIn('chatty', 'echo "Usage: nft"') })).toMatchObject({
      code: 'NFT_OUTPUT',
      message: 'nft --file printed "Usage: nft\\n"',
    });
  });

  it('tells that it may not', async () => {
    const words = '/dev/stdin:1:1-17: Error: Could not process rule: Operation not permitted';
    expect(await failure({ command: standIn('eperm', `echo "${words}" >&2; exit 1`) })).toMatchObject({
      code: 'NFT_PERMISSION',
      message: expect.stringContaining('CAP_NET_ADMIN'),
    });
    const path = standIn('not-executable', '');
    chmodSync(path, 0o644);
    expect(await failure({ command: path })).toMatchObject({ code: 'NFT_PERMISSION' });
  });

  it('kills it when its time is up', async () => {
    const command = standIn('hang', 'exec sleep 60');
    expect(await failure({ command, timeoutMs: 100 })).toMatchObject({ code: 'NFT_TIMEOUT', timeoutMs: 100 });
  });

  it('kills it when the caller says so', async () => {
    const command = standIn('hang', 'exec sleep 60');
    const controller = new AbortController();
    const failed = failure({ command }, controller.signal);
    controller.abort();
    expect(await failed).toMatchObject({ code: 'NFT_CANCELLED' });
    expect(await failure({ command }, controller.signal)).toMatchObject({ code: 'NFT_CANCELLED' });
  });

  it('tells what killed it', async () => {
    expect(await failure({ command: standIn('crash', 'kill -SEGV $$') })).toMatchObject({
      code: 'NFT_KILLED',
      signal: 'SIGSEGV',
    });
  });

  it('reads a bounded part of its complaints, and to the end', async () => {
    const words = '/dev/stdin:7:1-9: Error: Could not process rule: No buffer space available';
    const command = standIn('talk', `i=0; while [ $i -lt 4000 ]; do echo "${words}" >&2; i=$((i+1)); done; exit 1`);
    const error = await failure({ command });
    expect(error).toBeInstanceOf(NftRefusedError);
    expect(error).toMatchObject({ code: 'NFT_REFUSED', reason: 'no-buffer' });
    expect((error as NftRefusedError).refusals.length).toBeLessThan(1000);
  });

  it('makes something of a failure without words', async () => {
    expect(await failure({ command: standIn('silent', 'exit 3') })).toMatchObject({
      code: 'NFT_REFUSED',
      reason: 'other',
      message: expect.stringContaining('without a message'),
    });
  });

  it('refuses a listing that is not JSON', async () => {
    const nft = createNft({ command: standIn('garbage', 'echo "{"') });
    await expect(nft.list(['chains'])).rejects.toMatchObject({ code: 'NFT_OUTPUT' });
  });
});
