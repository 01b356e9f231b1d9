import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterOf } from '../cluster/changes.mjs';
import { serviceAt, slicesOf } from '../cluster/services.mjs';
import { serving, startDaemon } from './start.mjs';

/** Services of each file. */
const servicesPerFile = 1_000;

/**
 * A cold start from a directory of manifests: JSON, which is read in a tenth of the time of other YAML.
 *
 * @param {{ size: import('../cluster/services.mjs').Size }} options
 */
export async function manifests({ size }) {
  const folder = mkdtempSync(join(tmpdir(), 'nftproxier-bench-'));
  try {
    /** @type {object[]} */
    let items = [];
    let files = 0;
    const write = () => {
      writeFileSync(join(folder, `${files++}.json`), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
      items = [];
    };
    for (const { index, pods } of clusterOf(size).services()) {
      items.push(serviceAt(index), ...slicesOf(index, pods));
      if (index % servicesPerFile === 0) write();
    }
    if (items.length > 0) write();
    const daemon = startDaemon(['--manifests', folder]);
    try {
      await daemon.says('starting');
      await daemon.ask('delay');
      const wallMs = await daemon.says(serving);
      const { user, system, childrenUser, childrenSystem } = daemon.cpu();
      const { residentMB } = await daemon.settled();
      return {
        wallMs,
        cpuMs: user + system,
        nftMs: childrenUser + childrenSystem,
        residentMB,
        ...(await daemon.ask('delay')),
      };
    } finally {
      await daemon.stop();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
