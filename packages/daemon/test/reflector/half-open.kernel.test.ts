import { execFileSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openNamespace, type NetworkNamespace } from '../../../../test/lab/namespace.js';
import type { RunningProcess } from '../../../../test/lab/process.js';
import { service } from './objects.js';
import { full, report } from './scorecard.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Lines of JSON that a process prints. */
class Lines {
  readonly #lines: { readonly at: number; readonly value: Record<string, unknown> }[] = [];
  readonly #process: RunningProcess;

  constructor(process: RunningProcess) {
    this.#process = process;
    createInterface({ input: process.stdout }).on('line', (line) => {
      this.#lines.push({ at: performance.now(), value: JSON.parse(line) as Record<string, unknown> });
    });
  }

  /** The first line after `since` that `matches`. */
  async next(
    since: number,
    what: string,
    matches: (value: Record<string, unknown>) => boolean = () => true,
  ): Promise<{ readonly at: number; readonly value: Record<string, unknown> }> {
    const end = performance.now() + 90_000;
    let failure: string | undefined;
    void this.#process.ended.then((ended) => (failure = ended.failure + ended.stderr));
    for (;;) {
      const found = this.#lines.find(({ at, value }) => at >= since && matches(value));
      if (found) return found;
      if (failure !== undefined) throw new Error(`the process ended before it said ${what}: ${failure}`);
      if (performance.now() > end)
        throw new Error(`waited in vain for ${what}; last: ${JSON.stringify(this.#lines.at(-1))}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

describe('row 4: packets get lost', () => {
  let server: NetworkNamespace;
  let client: NetworkNamespace;
  const running: RunningProcess[] = [];

  beforeEach(async () => {
    // The processes run what is compiled.
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'test/api-server'], { cwd: root });
    server = await openNamespace('server');
    client = await openNamespace('client');
    await client.exec(['ip', 'link', 'add', 'api', 'type', 'veth', 'peer', 'node', 'netns', String(server.pid)]);
    await client.exec(['ip', '-batch', '-'], { input: 'addr add 192.0.2.1/24 dev api\nlink set api up\n' });
    await server.exec(['ip', '-batch', '-'], { input: 'addr add 192.0.2.2/24 dev node\nlink set node up\n' });
  }, 300_000);

  afterEach(async () => {
    for (const process of running.splice(0)) {
      process.stdin.end();
      await process.ended;
    }
    await client.close();
    await server.close();
  });

  function start(namespace: NetworkNamespace, ...args: string[]): { lines: Lines; process: RunningProcess } {
    const child = namespace.spawn([process.execPath, ...args]);
    running.push(child);
    return { process: child, lines: new Lines(child) };
  }

  it('the dead connection is noticed, and everything told when packets come through again', async () => {
    // Detection takes ten seconds longer than this, which is Linux probing.
    const keepAliveMs = full ? 10_000 : 1_000;
    const lostMs = full ? 60_000 : 15_000;
    const api = start(server, `${root}test/api-server/dist/main.js`, '--listen', '192.0.2.2:6443');
    await api.lines.next(0, 'its address');
    const script = fileURLToPath(new URL('reflect.mjs', import.meta.url));
    const reflector = start(client, script, 'http://192.0.2.2:6443', String(keepAliveMs));
    await reflector.lines.next(0, 'in sync', ({ isStale }) => isStale === false);

    await server.exec(['nft', '-f', '-'], {
      input: `table inet lost {
        chain in { type filter hook input priority 0; policy drop; }
        chain out { type filter hook output priority 0; policy drop; }
      }`,
    });
    const lost = performance.now();
    api.process.stdin.write(`${JSON.stringify({ put: service('meanwhile') })}\n`);
    const noticed = (await reflector.lines.next(lost, 'stale', ({ isStale }) => isStale === true)).at - lost;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, lostMs - noticed)));
    await server.exec(['nft', 'delete', 'table', 'inet', 'lost']);
    const healed = performance.now();
    const { at, value } = await reflector.lines.next(healed, 'in sync again', ({ names }) =>
      (names as string[]).includes('meanwhile'),
    );
    report(4, `lost packets: noticed after ${Math.round(noticed)} ms; in sync ${Math.round(at - healed)} ms after`);
    expect(noticed).toBeLessThanOrEqual(keepAliveMs + 15_000);
    expect(at - healed).toBeLessThanOrEqual(15_000);
    expect(value['lists']).toBe(1);
  });
});
