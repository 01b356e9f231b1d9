import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServedNode } from './node.js';
import type { ServedNode } from './node.js';

let node: ServedNode;
beforeAll(async () => {
  node = await openServedNode();
  await node.serve([{ name: 'one', clusterIP: '10.96.0.10', endpoints: ['10.244.1.31'] }]);
});
afterAll(() => node.close());

describe('two daemons on one node', { timeout: 60_000 }, () => {
  it('the second refuses and names the first, also where only /run can be written to', async () => {
    const first = await node.started();
    const second = node.start();
    await second.says('already serves');
    expect(second.log()).toContain(`process id ${String(first.pid)} `);
    expect(await second.ended).toBe(1);
    const readOnly = await node.lab
      .namespace('node-a')
      .exec(['unshare', '--mount', 'sh', '-c', `mount -o remount,ro,bind / && exec "$0" "$@"`, ...node.command()], {
        allowFailure: true,
      });
    expect(readOnly.exitCode).toBe(1);
    expect(readOnly.stdout + readOnly.stderr).toContain(`process id ${String(first.pid)} `);
    await first.stop();
  });

  it('the second refuses: fails without the lock', async () => {
    const first = await node.started();
    const second = await node.started({ without: ['lock'] });
    expect(second.log()).not.toContain('already serves');
    await second.stop();
    await first.stop();
  });

  it('one that was killed is not in the way, and nothing of it is left', async () => {
    const first = await node.started();
    await first.stop('SIGKILL');
    const second = await node.started();
    await second.says('open connections survive');
    await second.stop();
  });

  it('--cleanup refuses beside a daemon, and removes everything after it', async () => {
    const daemon = await node.started();
    const [program = '', ...args] = node.command('--cleanup');
    const refused = await node.lab.exec('node-a', [program, ...args], { allowFailure: true });
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout + refused.stderr).toContain(`process id ${String(daemon.pid)} `);
    await daemon.stop();
    await node.lab.exec('node-a', [program, ...args]);
    expect((await node.lab.exec('node-a', ['nft', 'list', 'tables'])).stdout).toBe('');
  });
});
