import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { NetworkNamespace } from '../lab/index.js';

/** The built daemon. */
export const main = fileURLToPath(new URL('../../packages/daemon/dist/main.js', import.meta.url));

/** Where the programs of a system are. A test's own may have folders that only root may look into. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Words that start a program as nobody in particular, with NET_ADMIN alone unless something else is asked for. */
export function unprivileged(capabilities = '-all,+net_admin'): readonly string[] {
  const sets = ['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=${capabilities}`);
  return ['setpriv', '--reuid=65532', '--regid=65532', '--clear-groups', ...sets, '--no-new-privs', '--'];
}

/** A running `nftproxier`. */
export interface DaemonProcess {
  readonly pid: number | undefined;
  /** What it has written so far. */
  readonly log: () => string;
  /** Resolves when it has written a line with this text, also one it wrote before. */
  says(text: string): Promise<void>;
  /** Resolves with its exit code when it has ended by itself. */
  readonly ended: Promise<number | undefined>;
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | undefined>;
}

/** What is started, if not the built daemon as it is. */
export interface DaemonOptions {
  /** A program for Node, and what stands before the daemon's own arguments. */
  readonly program?: readonly [string, ...string[]];
  /** The words that start the daemon with some arguments, in place of Node, its program and them. */
  readonly command?: (args: readonly string[]) => readonly string[];
  /** Set in its environment, beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the built daemon in a network namespace. */
export function startDaemon(
  namespace: Pick<NetworkNamespace, 'prefix'>,
  args: readonly string[],
  { program = [main], command = (all) => [process.execPath, ...program, ...all], env = {} }: DaemonOptions = {},
): DaemonProcess {
  const [file = '', ...before] = namespace.prefix;
  const child = execa(file, [...before, ...command(args)], {
    env,
    reject: false,
    stdin: 'ignore',
    all: true,
    // A busy machine is slow; execa would kill what takes 5 seconds to end.
    forceKillAfterDelay: 60_000,
  });
  let log = '';
  child.all.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  return {
    pid: child.pid,
    log: () => log,
    async says(text) {
      const until = Date.now() + 60_000;
      while (!log.includes(text)) {
        if (Date.now() > until || child.exitCode !== null) throw new Error(`nftproxier did not say ${text}:\n${log}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    ended: child.then(({ exitCode }) => exitCode),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return (await child).exitCode;
    },
  };
}

/** Flags that fit the lab: its addresses, and none of the settings that only a host may make. */
export const labFlags = [
  '--hostname-override=node-a',
  '--cluster-cidr=10.244.0.0/16,fd00:10:244::/56',
  '--conntrack-max-per-core=0',
  '--oom-score-adj=0',
] as const;
