import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { unprivileged } from '../daemon/process.js';
import type { Containers } from '../image/container.js';
import { openImage } from '../image/image.js';
import type { Image } from '../image/image.js';
import { life, live, netAdminAlone, privilegesIn, refusalsIn } from '../image/life.js';
import { runtimeDefault } from '../image/profiles.js';
import type { Seccomp } from '../image/seccomp.js';
import { openServedNode } from './node.js';
import type { ServedNode } from './node.js';
import { reportRow } from './scorecard.js';

/** Nothing but /run, /dev/shm and /tmp can be written to; the test's own folder is in /tmp. */
const readOnly = ['unshare', '--mount', 'sh', '-c', 'mount -o remount,ro,bind / && exec "$0" "$@"'];

let node: ServedNode;
beforeEach(async () => {
  node = await openServedNode(['IPv4']);
});
let containers: Containers | undefined;
afterEach(async () => {
  await containers?.close();
  containers = undefined;
  await node.close();
});

describe('row 24: without a container', { timeout: 240_000, retry: 0 }, () => {
  it('the daemon lives as user 65532 with NET_ADMIN alone, on a root that is read-only', async () => {
    const log = await live(node, { through: readOnly }, async ({ pid }) => {
      const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
      expect(privilegesIn(status)).toEqual(netAdminAlone(65_532, { ambient: true, seccomp: false }));
    });
    reportRow({
      row: 24,
      case: `user 65532, NET_ADMIN alone, no new privileges, a read-only root: ${life}`,
      n: 2,
      passNumber: 'all works; refused nothing',
      measured: `all works; refused ${String(refusalsIn(log).length)} times`,
    });
    expect(refusalsIn(log)).toEqual([]);
  });

  it('serves: fails without NET_ADMIN', async () => {
    const daemon = node.start({ as: unprivileged('-all') });
    expect(await daemon.ended).toBe(1);
    expect(daemon.log()).toContain('CAP_NET_ADMIN');
  });
});

describe('row 24: in a container', { timeout: 240_000, retry: 0 }, () => {
  let image: Image;
  beforeAll(async () => {
    image = await openImage();
  }, 600_000);
  afterAll(() => image.close());

  /** As the init container does, which is privileged. */
  beforeEach(() => node.lab.exec('node-a', [...node.command('--init-only')]));

  const capabilities = ['CAP_NET_ADMIN'];
  const confinements: readonly (readonly [string, 0 | 65532, () => Promise<Seccomp>])[] = [
    ['RuntimeDefault of containerd and Docker', 0, () => runtimeDefault('containerd and Docker', capabilities)],
    ['RuntimeDefault of CRI-O', 65_532, () => runtimeDefault('CRI-O', capabilities)],
  ];

  it.each(confinements)('of runc, seccomp %s, user %i', async (name, user, profile) => {
    const own = (containers = image.containers());
    const command = own.launch({ user, seccomp: await profile() });
    const log = await live(node, { command }, async () => {
      const expected = netAdminAlone(user, { ambient: user !== 0, seccomp: true });
      expect(privilegesIn(await own.status())).toEqual(expected);
    });
    const refused = await own.refusals();
    reportRow({
      row: 24,
      case: `the image in a container of runc as the DaemonSet has it, user ${String(user)}, seccomp ${name}: ${life}`,
      n: 2,
      passNumber: 'all works; no system call refused, but clone3 and io_uring_setup, for which others are used',
      measured: `all works; other system calls refused: ${String(refused.length)}`,
    });
    expect(refusalsIn(log)).toEqual([]);
    expect(refused).toEqual([]);
  });
});
