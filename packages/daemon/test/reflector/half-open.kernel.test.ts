import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openNamespace, type NetworkNamespace } from '../../../../test/lab/namespace.js';
import { service } from './objects.js';
import { Talking, compile, root, scriptPath } from './processes.js';
import { full, report } from './scorecard.js';

describe('row 4: packets get lost', () => {
  let server: NetworkNamespace;
  let client: NetworkNamespace;
  const running: Talking[] = [];

  beforeEach(async () => {
    compile();
    server = await openNamespace('server');
    client = await openNamespace('client');
    await client.exec(['ip', 'link', 'add', 'api', 'type', 'veth', 'peer', 'node', 'netns', String(server.pid)]);
    await client.exec(['ip', '-batch', '-'], { input: 'addr add 192.0.2.1/24 dev api\nlink set api up\n' });
    await server.exec(['ip', '-batch', '-'], { input: 'addr add 192.0.2.2/24 dev node\nlink set node up\n' });
  }, 300_000);

  afterEach(async () => {
    for (const talking of running.splice(0)) await talking.end();
    await client.close();
    await server.close();
  });

  function start(namespace: NetworkNamespace, ...args: string[]): Talking {
    const talking = new Talking(namespace.spawn([process.execPath, ...args]));
    running.push(talking);
    return talking;
  }

  it('the dead connection is noticed, and everything told when packets come through again', async () => {
    // Detection takes ten seconds longer than this, which is Linux probing.
    const keepAliveMs = full ? 10_000 : 1_000;
    const lostMs = full ? 60_000 : 15_000;
    const api = start(server, `${root}test/api-server/dist/main.js`, '--listen', '192.0.2.2:6443');
    await api.next(0, 'its address');
    const script = scriptPath('reflect.mjs');
    const reflector = start(client, script, 'http://192.0.2.2:6443', String(keepAliveMs));
    await reflector.next(0, 'in sync', ({ isStale }) => isStale === false);

    await server.exec(['nft', '-f', '-'], {
      input: `table inet lost {
        chain in { type filter hook input priority 0; policy drop; }
        chain out { type filter hook output priority 0; policy drop; }
      }`,
    });
    const lost = performance.now();
    await api.ask({ put: service('meanwhile') });
    const noticed = (await reflector.next(lost, 'stale', ({ isStale }) => isStale === true)).at - lost;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, lostMs - noticed)));
    await server.exec(['nft', 'delete', 'table', 'inet', 'lost']);
    const healed = performance.now();
    const { at, value } = await reflector.next(healed, 'in sync again', ({ names }) =>
      (names as string[]).includes('meanwhile'),
    );
    report({
      row: 4,
      case: `packets get lost for ${lostMs / 1_000} s`,
      n: 1,
      passNumber: 'noticed within 25 s, in sync within 15 s after they come through',
      measured: `noticed after ${(noticed / 1_000).toFixed(1)} s; the time is that from their coming through`,
      tookMs: [at - healed],
    });
    expect(noticed).toBeLessThanOrEqual(keepAliveMs + 15_000);
    expect(at - healed).toBeLessThanOrEqual(15_000);
    expect(value['lists']).toBe(1);
  });
});
