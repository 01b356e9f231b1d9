import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordedObjects } from '../api-server/index.js';
import { DaemonNode } from '../daemon/node.js';
import { openServedNode } from '../reliability/node.js';
import { reportRow } from '../reliability/scorecard.js';
import type { Containers } from './container.js';
import { openImage } from './image.js';
import type { Image } from './image.js';
import { life, live, refusalsIn } from './life.js';
import { ownProfile } from './profiles.js';
import { profileOf, recordingProfile } from './recording.js';
import type { Seccomp } from './seccomp.js';

/** Where `npm run seccomp` wants the profile; everything is allowed then, and written down. */
const file = process.env['NFTPROXIER_SECCOMP_FILE'];
const seccomp = file === undefined ? ownProfile() : recordingProfile;

let image: Image;
let containers: Containers;
beforeAll(async () => {
  image = await openImage();
  containers = image.containers();
}, 600_000);
afterAll(async () => {
  await image.close();
});

describe('row 24: in a container of runc with deploy/seccomp/nftproxier.json', { timeout: 120_000, retry: 0 }, () => {
  it('the daemon lives', async () => {
    const node = await openServedNode();
    try {
      await node.lab.exec('node-a', [...node.command('--init-only')]);
      const command = containers.launch({ user: 0, seccomp, records: file !== undefined });
      expect(refusalsIn(await live(node, { command }))).toEqual([]);
    } finally {
      await containers.close();
      await node.close();
    }
  });

  it('it serves what an API server says, and cleans up', async () => {
    const launch = containers.launch({ user: 0, seccomp, records: file !== undefined });
    const node = await DaemonNode.open(recordedObjects(), { command: launch });
    try {
      // What the init container would set.
      const daemon = node.start('--conntrack-tcp-timeout-established=0', '--conntrack-tcp-timeout-close-wait=0');
      await daemon.says('table loaded, serving');
      expect(await daemon.stop()).toBe(0);
      const cleanup = node.start('--cleanup');
      expect(await cleanup.ended).toBe(0);
      expect((await node.lab.exec('node-a', ['nft', 'list', 'tables'])).stdout).toBe('');
      expect(refusalsIn(daemon.log() + cleanup.log())).toEqual([]);
    } finally {
      await containers.close();
      await node.close();
    }
  });

  it('and no system call is refused, or all are written down', async () => {
    if (file !== undefined) {
      await writeFile(file, JSON.stringify(profileOf(await containers.calls())));
      return;
    }
    const refused = await containers.refusals();
    reportRow({
      row: 24,
      case: `the image in a container of runc as the DaemonSet has it, user 0, seccomp deploy/seccomp/nftproxier.json: ${life}; an API server, cleanup`,
      n: 4,
      passNumber: 'all works; no system call refused, but clone3 and io_uring_setup, for which others are used',
      measured: `all works; other system calls refused: ${String(refused.length)}`,
    });
    expect(refused).toEqual([]);
  });

  it('no system call is refused: fails without one that is needed', async () => {
    const node = await openServedNode(['IPv4']);
    const own = image.containers();
    try {
      const daemon = node.start({ command: own.launch({ user: 0, seccomp: lacking(seccomp, 'bind') }) });
      await daemon.ended;
      expect(await own.refusals()).not.toEqual([]);
    } finally {
      await own.close();
      await node.close();
    }
  });
});

/** A profile without a system call. */
function lacking(profile: Seccomp, call: string): Seccomp {
  const syscalls = profile.syscalls.map((one) => ({ ...one, names: one.names.filter((name) => name !== call) }));
  return { ...profile, syscalls };
}
