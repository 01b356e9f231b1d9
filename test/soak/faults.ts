import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { tableNames } from '@nftproxier/nft';
import { below, oneOf } from '@nftproxier/core/testing';
import type { Random } from '@nftproxier/core/testing';
import type { DaemonNode } from '../daemon/node.js';
import { usageOf } from '../daemon/node.js';
import type { ChangingWorld } from './world.js';

/** Where faults happen. */
export interface Scene {
  readonly node: DaemonNode;
  readonly world: ChangingWorld;
  readonly random: Random;
  /** Starts a daemon in place of the one that was ended. */
  readonly restart: () => Promise<void>;
}

/** Something that goes wrong; resolves when it is over. */
export type Fault = (scene: Scene) => Promise<void>;

const cutWatches =
  (how: 'rst' | 'fin'): Fault =>
  ({ node }) => {
    for (const watch of node.server.api.watches) watch.cut(how);
    return Promise.resolve();
  };

const nft = async ({ node }: Scene, script: string): Promise<void> => {
  await node.lab.exec('node-a', ['nft', '-f', '-'], { input: script, allowFailure: true });
};

/** What others do to our table, whichever of its names it has. Some of it may be gone already. */
async function meddle(scene: Scene, scripts: (table: string) => readonly string[]): Promise<void> {
  for (const script of tableNames.flatMap(scripts)) await nft(scene, `${script}\n`);
}

const refused =
  (code: number): Fault =>
  (scene) => {
    const { api } = scene.node.server;
    api.setFault({
      times: 1 + below(scene.random, 4),
      effect: { type: 'status', status: { code, reason: 'Soak', message: '' } },
    });
    return cutWatches('rst')(scene);
  };

/** Ends the programs that the daemon has started, whichever run at the moment. */
const signalChildren =
  (signal: 'SIGKILL' | 'SIGSTOP', tries: number): Fault =>
  async ({ node, world }) => {
    for (let left = tries; left > 0; left -= 1) {
      // Work for nft, to meet it running.
      for (let events = 0; events < 20; events += 1) world.step();
      await sleep(5);
      const children = (await usageOf(node.daemon.pid))?.children ?? [];
      for (const child of children) trySignal(child, signal);
      if (signal === 'SIGSTOP' && children.length > 0) {
        await sleep(500);
        for (const child of children) trySignal(child, 'SIGCONT');
      }
    }
  };

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    kill(pid, signal);
  } catch {
    // It has just ended.
  }
}

/** The fault that no change of the world puts right by the way. */
export const elementAtRest = '12: an element of a Service that never changes is deleted';

/** What may go wrong while the daemon lives, by the row of the scorecard that it is taken from. */
export const faults: Readonly<Record<string, Fault>> = {
  '1: watches cut by RST': cutWatches('rst'),
  '1: watches cut by FIN': cutWatches('fin'),
  '2: history lost': (scene) => {
    scene.world.step();
    scene.node.server.api.cluster.compact();
    return cutWatches('fin')(scene);
  },
  '3: 429': refused(429),
  '3: 500': refused(500),
  '4: silence': async ({ node, random }) => {
    node.server.api.mute(true);
    await sleep(500 + 2_000 * random());
    node.server.api.mute(false);
  },
  '5: a list stalls': (scene) => {
    const { api } = scene.node.server;
    api.setFault({ times: 1, effect: { type: 'cut', afterBytes: below(scene.random, 20_000), how: 'rst' } });
    return cutWatches('rst')(scene);
  },
  '9: the API server is down': async ({ node, world, random }) => {
    await node.apiServerDown();
    for (let events = below(random, 30); events > 0; events -= 1) world.step();
    await sleep(500 + 2_000 * random());
    await node.apiServerUp();
  },
  '11: nft flush ruleset': (scene) => nft(scene, 'flush ruleset\n'),
  '11: a firewall is reloaded': (scene) =>
    nft(scene, 'flush ruleset\ntable inet filter { chain input { type filter hook input priority 0; } }\n'),
  '12: our table is deleted': (scene) => nft(scene, 'delete table inet nftproxier\n'),
  '12: elements are deleted': (scene) =>
    meddle(scene, (table) => [
      `delete element inet ${table} services4 { 10.96.200.1 . tcp . 80 }`,
      `delete element inet ${table} endpoints-udp4 { 10.96.200.1 . 53 . 0 }`,
      `delete element inet ${table} cluster-ips4 { 10.96.200.1 }`,
    ]),
  [elementAtRest]: (scene) =>
    meddle(scene, (table) => [`delete element inet ${table} services4 { 10.96.200.2 . tcp . 80 }`]),
  '12: rules are deleted': (scene) => meddle(scene, (table) => [`flush chain inet ${table} services`]),
  '12: a chain is added': (scene) => meddle(scene, (table) => [`add chain inet ${table} others`]),
  '13: others write': async (scene) => {
    for (let count = 0; count < 10; count += 1) {
      await nft(
        scene,
        `table inet other-${String(count)} { set s { type ipv4_addr; elements = { 10.0.0.${String(count)} }; } }\n`,
      );
    }
  },
  '14: nft is killed': signalChildren('SIGKILL', 4),
  '16: nft stands still': signalChildren('SIGSTOP', 1),
  '17: objects that cannot be used': ({ world }) => {
    for (let count = 0; count < 5; count += 1) world.poison();
    return Promise.resolve();
  },
};

/** What ends the daemon: another one takes over. */
export const endings: Readonly<Record<string, Fault>> = {
  '14: the daemon is killed': async ({ node, restart }) => {
    await node.daemon.stop('SIGKILL');
    await restart();
  },
  '15: the daemon is restarted': async ({ node, restart }) => {
    await node.daemon.stop('SIGTERM');
    await restart();
  },
};

/** One of several, by name. */
export function draw(random: Random, from: Readonly<Record<string, Fault>>): readonly [string, Fault] {
  const [first, ...others] = Object.entries(from);
  if (first === undefined) throw new Error('there is no fault to draw');
  return oneOf(random, [first, ...others]);
}
