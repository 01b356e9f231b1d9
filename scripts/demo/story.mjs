import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createLab, LabError } from '../../test/lab/dist/index.js';
import { ask } from './ask.mjs';
import { chapters, frontend } from './chapters.mjs';
import { startDaemon } from './daemon.mjs';
import { openShop } from './shop.mjs';
import { columns, heading, line, remark, say } from './table.mjs';

/** @typedef {import('./ask.mjs').Question} Question */
/** @typedef {import('./ask.mjs').Finding} Finding */
/** @typedef {import('../../test/lab/dist/index.js').Lab} Lab */
/** @typedef {Awaited<ReturnType<typeof startDaemon>>} Daemon */

const SHOP = fileURLToPath(new URL('../../examples/shop', import.meta.url));

/** How long a change may take to show, and how often is looked. Locally it is a fraction of a second. */
const PATIENCE_MS = 30_000;
const GLANCE_MS = 50;

/** Runs the demo. Returns the exit code: 0 only if everything was as it should be. */
export async function tell() {
  const begin = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'nftproxier-demo-'));
  /** @type {Lab | undefined} */
  let lab;
  /** @type {Daemon | undefined} */
  let daemon;
  /** @type {Promise<void> | undefined} */
  let finished;
  const finish = () =>
    (finished ??= (async () => {
      await daemon?.stop();
      await lab?.close();
      await rm(folder, { recursive: true, force: true });
    })());
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    // Not once(): the listener has to be there still when others, who would end the process, look for one.
    process.on(signal, () => void finish().then(() => process.exit(1)));
  }
  try {
    say('A cluster of network namespaces: node-a with the proxy and some pods, node-b with others, a client outside.');
    lab = await createLab();
    const shop = await openShop(SHOP, join(folder, 'manifests'));
    await lab.serve([...(await shop.listeners()), { address: '192.0.2.80', port: 9091, protocol: 'TCP' }]);
    const { prefix } = lab.namespace('node-a');
    const start = () => startDaemon(prefix, shop.folder, join(folder, 'log'));
    say(
      'nftproxier run --manifests examples/shop --hostname-override node-a --cluster-cidr 10.244.0.0/16,fd00:10:244::/56',
    );
    daemon = await start();
    columns();
    let wrong = 0;
    let asked = 0;
    for (const chapter of chapters) {
      heading(chapter.title);
      const load = chapter.busy ? await lab.load('client', endless) : undefined;
      if (chapter.daemon !== undefined) await daemon.stop();
      await lab.serve(chapter.started ?? []);
      await chapter.change?.(shop);
      if (chapter.daemon === 'restart') daemon = await start();
      for (const question of chapter.questions) {
        const finding = await askPatiently(lab, question, daemon, chapter.daemon === 'stop');
        line(question, finding);
        asked++;
        if (!finding.right) wrong++;
      }
      if (load !== undefined && !(await quiet(load))) wrong++;
    }
    if (wrong > 0) say(`\nThe daemon's last words:\n${await daemon.lastWords()}`);
    const seconds = ((performance.now() - begin) / 1000).toFixed(0);
    say(
      `\n${asked} questions, ${wrong === 0 ? 'all as they should be' : `${wrong} not as they should be`}, ${seconds} seconds.`,
    );
    return wrong === 0 ? 0 : 1;
  } catch (error) {
    // Interrupted: what fails now fails because of that.
    if (finished !== undefined) return 1;
    const words = await daemon?.lastWords();
    process.stderr.write(`${error instanceof LabError ? error.message : String(error)}\n${words ?? ''}\n`);
    return 1;
  } finally {
    await finish();
  }
}

/** Connections until told to stop; not as fast as can be, so that the machine has time for what is shown. */
const endless = { targets: [frontend], connections: 1_000_000, concurrency: 4, timeoutMs: 5000, pauseMs: 3 };

/**
 * Ends the connections that were made meanwhile, and says how they went.
 *
 * @param {import('../../test/lab/dist/index.js').RunningLoad} load
 */
async function quiet(load) {
  await load.stop();
  const { attempted, failed, failures } = await load.done;
  const how = failed === 0 ? 'none failed' : `${failed} failed: ${JSON.stringify(failures)}`;
  remark(failed === 0, `meanwhile the client made ${attempted} connections: ${how}`);
  return failed === 0;
}

/**
 * Asks until the answer is right: what was just changed takes a moment to be seen and loaded.
 *
 * @param {Lab} lab
 * @param {Question} question
 * @param {Daemon} daemon
 * @param {boolean} stopped whether the daemon is meant to have ended
 * @returns {Promise<Finding>}
 */
async function askPatiently(lab, question, daemon, stopped) {
  const deadline = performance.now() + PATIENCE_MS;
  if (question.expect === 'left alone') {
    await lab.serve([{ address: question.address, port: question.port, protocol: question.protocol ?? 'TCP' }]);
  }
  for (;;) {
    const finding = await ask(lab, question);
    if (finding.right || performance.now() > deadline) return finding;
    const end = await Promise.race([daemon.ended, new Promise((resolve) => setTimeout(resolve, GLANCE_MS))]);
    if (end !== undefined && !stopped) throw new Error(`The daemon ended by itself (${end.code ?? end.signal}).`);
  }
}
