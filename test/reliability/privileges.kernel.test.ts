import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServedNode, unprivileged, until } from './node.js';
import type { ServedNode } from './node.js';
import { reportRow } from './scorecard.js';

const target = { address: '10.96.0.10', port: 80, protocol: 'TCP' } as const;
const udp = { address: '10.96.0.11', port: 80, protocol: 'UDP' } as const;
const pods = ['10.244.1.31', '10.244.1.32'] as const;

/** Nothing but /run, /dev/shm and /tmp can be written to; the test's own folder is in /tmp. */
const readOnly = ['unshare', '--mount', 'sh', '-c', 'mount -o remount,ro,bind / && exec "$0" "$@"'];

let node: ServedNode;
beforeAll(async () => {
  node = await openServedNode(['IPv4']);
  await node.answer(pods);
});
afterAll(() => node.close());

let flows = 0;
const answers = async (request: typeof target | typeof udp, flow = `flow-${String((flows += 1))}`) =>
  (await node.lab.flow('client', { ...request, flow, timeoutMs: 1_000 })).answer?.address;

const serve = (endpoint: string): Promise<void> =>
  node.serve([
    { name: 'web', clusterIP: target.address, endpoints: [endpoint] },
    { name: 'dns', clusterIP: udp.address, protocol: 'UDP', endpoints: [endpoint] },
  ]);

describe(
  'row 24: user 65532 with NET_ADMIN alone, no new privileges, and a root that is read-only',
  { timeout: 120_000, retry: 0 },
  () => {
    it('serves, repairs, cleans up flows and takes over, and is never refused anything', async () => {
      await serve(pods[0]);
      const first = await node.started({ through: readOnly });
      const status = await readFile(`/proc/${String(first.pid)}/status`, 'utf8');
      expect(status).toMatch(/^Uid:\t65532\t65532\t65532\t65532$/m);
      expect(status).toMatch(/^CapEff:\t0000000000001000$/m);
      expect(status).toMatch(/^CapBnd:\t0000000000001000$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      expect(await answers(target)).toBe(pods[0]);
      expect(await answers(udp, 'kept')).toBe(pods[0]);
      await serve(pods[1]);
      await until('the stale flow is gone', async () => (await answers(udp, 'kept')) === pods[1]);
      const loads = first.log().split('milliseconds=').length;
      await node.lab.nft('flush ruleset\n');
      await until('the rules are back', () => first.log().split('milliseconds=').length > loads);
      expect(await answers(target)).toBe(pods[1]);
      await first.stop();
      const second = await node.started({ through: readOnly });
      expect(await answers(target)).toBe(pods[1]);
      await second.stop();
      const isRefusal = /EPERM|EACCES|EROFS|not permitted|permission denied/i;
      const refusals = `${first.log()}\n${second.log()}`.split('\n').filter((line) => isRefusal.test(line));
      reportRow({
        row: 24,
        case: 'user 65532, NET_ADMIN alone, no new privileges, a read-only root: start, change, flushed ruleset, stale flow, restart',
        n: 2,
        passNumber: 'all works; refused nothing',
        measured: `all works; refused ${String(refusals.length)} times. The daemons of rows 11, 14, 15, 16 and 23 run as this user too`,
      });
      expect(refusals).toEqual([]);
    });

    it('serves: fails without NET_ADMIN', async () => {
      const daemon = node.start({ as: unprivileged('-all') });
      expect(await daemon.ended).toBe(1);
      expect(daemon.log()).toContain('CAP_NET_ADMIN');
    });
  },
);
