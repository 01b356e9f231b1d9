import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createApiServer } from '../api-server/index.js';
import type { ListeningApiServer, NewObject } from '../api-server/index.js';
import { createLab } from '../lab/index.js';
import type { Lab } from '../lab/index.js';
import { kubeconfigFor } from './kubeconfig.js';
import { labFlags, startDaemon, systemPath, unprivileged } from './process.js';
import type { DaemonOptions, DaemonProcess } from './process.js';

const apiPort = 16_443;

/** A lab with an API server that only node-a reaches, and on node-a the daemon, as user 65532 with NET_ADMIN alone. */
export class DaemonNode {
  readonly lab: Lab;
  readonly server: ListeningApiServer;
  readonly #folder: string;
  readonly #sockets = new Set<Socket>();
  #bridge: Server | undefined;
  #forward: ReturnType<ReturnType<Lab['namespace']>['spawn']> | undefined;
  #daemon: DaemonProcess | undefined;
  readonly #options: DaemonOptions;

  private constructor(lab: Lab, server: ListeningApiServer, folder: string, options: DaemonOptions) {
    this.lab = lab;
    this.server = server;
    this.#folder = folder;
    this.#options = options;
  }

  /** @param options of every daemon that is started. */
  static async open(objects: readonly NewObject[], options: DaemonOptions = {}): Promise<DaemonNode> {
    const lab = await createLab();
    const folder = await mkdtemp(join(tmpdir(), 'nftproxier-'));
    // The daemon is not root.
    await chmod(folder, 0o755);
    const node = new DaemonNode(lab, await createApiServer({ objects }), folder, options);
    await node.#connect();
    return node;
  }

  async #connect(): Promise<void> {
    await this.apiServerUp();
    const forward = fileURLToPath(new URL('forward.mjs', import.meta.url));
    this.#forward = this.lab.namespace('node-a').spawn([process.execPath, forward, this.#socket, String(apiPort)]);
    await once(this.#forward.stdout, 'data');
    await writeFile(join(this.#folder, 'kubeconfig'), kubeconfigFor(apiPort));
  }

  get #socket(): string {
    return join(this.#folder, 'api.sock');
  }

  /** The daemon that runs, or ran last. */
  get daemon(): DaemonProcess {
    if (this.#daemon === undefined) throw new Error('no daemon was started');
    return this.#daemon;
  }

  /** Starts a daemon; the one before must have ended. */
  start(...flags: readonly string[]): DaemonProcess {
    const kubeconfig = ['--kubeconfig', join(this.#folder, 'kubeconfig')];
    const { prefix } = this.lab.namespace('node-a');
    const who = this.#options.command === undefined ? unprivileged() : [];
    const arguments_ = [...kubeconfig, ...labFlags, ...flags];
    this.#daemon = startDaemon({ prefix: [...prefix, ...who] }, arguments_, {
      env: { PATH: systemPath },
      ...this.#options,
    });
    return this.#daemon;
  }

  /** Runs the daemon's program for one command, to its end. */
  async command(...args: readonly string[]): Promise<string> {
    const once = startDaemon(this.lab.namespace('node-a'), args);
    const exitCode = await once.ended;
    if (exitCode !== 0) throw new Error(`nftproxier ${args.join(' ')} ended with ${String(exitCode)}: ${once.log()}`);
    return once.log();
  }

  /** Lets connections to the API server come through. */
  async apiServerUp(): Promise<void> {
    const { port } = new URL(this.server.url);
    this.#bridge = createServer((client) => {
      const upstream = connect(Number(port), '127.0.0.1');
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('close', () => this.#sockets.delete(socket));
        socket.on('error', () => undefined);
      }
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
      client.pipe(upstream).pipe(client);
    }).listen(this.#socket);
    await once(this.#bridge, 'listening');
  }

  /** Breaks all connections to the API server, and lets none be made. */
  async apiServerDown(): Promise<void> {
    const bridge = this.#bridge;
    this.#bridge = undefined;
    if (bridge === undefined) return;
    const closed = new Promise((resolve) => bridge.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async close(): Promise<void> {
    await this.#daemon?.stop('SIGKILL');
    this.#forward?.stdin.end();
    await this.#forward?.ended;
    await this.apiServerDown();
    await this.server.close();
    await rm(this.#folder, { recursive: true });
    await this.lab.close();
  }
}

/** What a process uses. */
export interface Usage {
  /** Resident memory, in MB. */
  readonly residentMB: number;
  readonly descriptors: number;
  readonly children: readonly number[];
  /** Processor time since it began, in seconds. */
  readonly cpuSeconds: number;
}

/** Reads what a process uses; undefined if it is gone. */
export async function usageOf(pid: number | undefined): Promise<Usage | undefined> {
  const folder = `/proc/${String(pid)}`;
  try {
    const status = await readFile(`${folder}/status`, 'utf8');
    const stat = (await readFile(`${folder}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
    const tasks = await readdir(`${folder}/task`);
    const children = await Promise.all(
      tasks.map((task) => readFile(`${folder}/task/${task}/children`, 'utf8').catch(() => '')),
    );
    return {
      residentMB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024,
      descriptors: (await readdir(`${folder}/fd`)).length,
      children: children.flatMap((text) => text.split(' ').filter(Boolean).map(Number)),
      // In clock ticks, of which there are 100 a second on every Linux that Node runs on.
      cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100,
    };
  } catch {
    return undefined;
  }
}
