import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNft } from '@nftproxier/nft';
import type { Nft } from '@nftproxier/nft';
import type { Protections } from '../../packages/daemon/src/guard/protections.js';
import { labFlags, main, startDaemon, systemPath, unprivileged } from '../daemon/process.js';
import type { DaemonProcess } from '../daemon/process.js';
import { createLab } from '../lab/index.js';
import type { Family, Lab } from '../lab/index.js';

/** What starts the daemon without some of its protections. */
export function weakened(without: readonly (keyof Protections)[]): readonly [string, ...string[]] {
  const protections = JSON.stringify(Object.fromEntries(without.map((name) => [name, false])));
  return [fileURLToPath(new URL('weakened.mjs', import.meta.url)), protections];
}

/** A Service with its endpoints, all on port 8080. */
export interface ServedService {
  readonly name: string;
  readonly clusterIP: string;
  readonly endpoints: readonly string[];
  /** Endpoints that are about to end: they serve, but are not ready. */
  readonly terminating?: readonly string[];
  readonly protocol?: 'TCP' | 'UDP';
  readonly nodePort?: number;
  /** More fields of the Service's `spec`. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** How the daemon of a test is started. */
export interface StartOptions {
  /** Protections that it is to do without. */
  readonly without?: readonly (keyof Protections)[];
  readonly flags?: readonly string[];
  /** Set in its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Words that start its program, in node-a. */
  readonly through?: readonly string[];
  /** Words that make it somebody else than root; those of `unprivileged` unless given. */
  readonly as?: readonly string[];
  /** The words that start it with some arguments, in place of all of these: in a container. */
  readonly command?: (args: readonly string[]) => readonly string[];
}

/** node-a of a lab with a daemon on it that serves a directory of manifests. */
export interface ServedNode {
  readonly lab: Lab;
  readonly nft: Nft;
  /** A directory that goes when the node is closed. */
  readonly folder: string;
  /** Has pods answer over TCP and UDP at port 8080. */
  answer(pods: readonly string[]): Promise<void>;
  /** Writes what is to be served, as one change. */
  serve(services: readonly ServedService[]): Promise<void>;
  /** Starts a daemon; the one before should be stopped. */
  start(options?: StartOptions): DaemonProcess;
  /** Starts a daemon and waits until it serves. */
  started(options?: StartOptions): Promise<DaemonProcess>;
  /** The words that start the daemon as it is installed. */
  command(...flags: readonly string[]): readonly string[];
  close(): Promise<void>;
}

/** Opens a node; nothing is served yet. */
export async function openServedNode(families?: readonly Family[]): Promise<ServedNode> {
  const lab = await createLab(families === undefined ? {} : { families });
  const folder = await mkdtemp(join(tmpdir(), 'nftproxier-'));
  const manifests = join(folder, 'manifests');
  const namespace = lab.namespace('node-a');
  const daemons: DaemonProcess[] = [];
  const serve = async (services: readonly ServedService[]): Promise<void> => {
    const items = services.flatMap(objectsOf);
    // Renamed into place: a half-written file is never read.
    await writeFile(join(folder, 'next'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await rename(join(folder, 'next'), join(manifests, 'services.json'));
  };
  const start = ({
    without = [],
    flags = [],
    env = {},
    through = [],
    as = unprivileged(),
    command,
  }: StartOptions = {}): DaemonProcess => {
    const arguments_ = [`--manifests=${manifests}`, ...labFlags, ...flags];
    const who = command === undefined ? [...through, ...as] : [];
    const daemon = startDaemon({ prefix: [...namespace.prefix, ...who] }, arguments_, {
      env: { PATH: systemPath, ...env },
      ...(command === undefined ? { program: weakened(without) } : { command }),
    });
    daemons.push(daemon);
    return daemon;
  };
  await mkdir(manifests);
  // The daemon is not root.
  await chmod(folder, 0o777);
  await serve([]);
  return {
    lab,
    nft: createNft({ prefix: namespace.prefix }),
    folder,
    async answer(pods) {
      for (const protocol of ['TCP', 'UDP'] as const) {
        await lab.serve(pods.map((address) => ({ address, port: 8080, protocol })));
      }
    },
    serve,
    start,
    async started(options) {
      const daemon = start(options);
      try {
        await daemon.says('serving');
      } catch (error) {
        await daemon.stop('SIGKILL');
        throw error;
      }
      return daemon;
    },
    command: (...flags) => [process.execPath, main, `--manifests=${manifests}`, ...labFlags, ...flags],
    async close() {
      for (const daemon of daemons) await daemon.stop('SIGKILL');
      await rm(folder, { recursive: true });
      await lab.close();
    },
  };
}

/** Waits until something holds, and says what did not. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${String(timeoutMs)} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function objectsOf({
  name,
  clusterIP,
  endpoints,
  terminating = [],
  protocol = 'TCP',
  nodePort,
  spec,
}: ServedService): readonly unknown[] {
  const family = clusterIP.includes(':') ? 'IPv6' : 'IPv4';
  const port = { name: 'p', protocol, port: 80, targetPort: 8080, ...(nodePort === undefined ? {} : { nodePort }) };
  const type = nodePort === undefined ? 'ClusterIP' : 'NodePort';
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'test', name },
      spec: { type, clusterIP, clusterIPs: [clusterIP], ipFamilies: [family], ports: [port], ...spec },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'test', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
      addressType: family,
      ports: [{ name: 'p', protocol, port: 8080 }],
      endpoints: [
        ...endpoints.map((address) => ({ addresses: [address], conditions: { ready: true } })),
        ...terminating.map((address) => ({
          addresses: [address],
          conditions: { ready: false, serving: true, terminating: true },
        })),
      ],
    },
  ];
}
