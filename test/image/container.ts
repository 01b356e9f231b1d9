import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { parse } from 'yaml';
import { fallsBack } from './recording.js';
import { allowedAlways } from './seccomp.js';
import type { Seccomp } from './seccomp.js';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface ContainerManifest {
  readonly securityContext: {
    readonly allowPrivilegeEscalation: boolean;
    readonly readOnlyRootFilesystem: boolean;
    readonly capabilities: { readonly add: readonly string[] };
  };
}
interface PodManifest {
  readonly containers: readonly [ContainerManifest];
  readonly volumes: readonly { readonly name: string; readonly emptyDir?: { readonly sizeLimit: string } }[];
}

/** What deploy/base says of the daemon's pod. */
function podManifest(): PodManifest {
  const text = readFileSync(path('../../deploy/base/daemonset.yaml'), 'utf8');
  return (parse(text) as { readonly spec: { readonly template: { readonly spec: PodManifest } } }).spec.template.spec;
}

/** What a container is like, beside what its manifest says. */
export interface ContainerOptions {
  /** Who it runs as. Another than 0 has its capabilities as ambient ones, too, which Kubernetes gives nobody. */
  readonly user: 0 | 65532;
  readonly seccomp: Seccomp;
  /** Whether every system call is written down, rather than what a profile might refuse. */
  readonly records?: boolean;
}

/** Containers of an image, run by runc as containerd runs them. */
export interface Containers {
  /** The words that start the daemon with some arguments in a container of its own. */
  readonly launch: (options: ContainerOptions) => (args: readonly string[]) => readonly string[];
  /** `/proc/PID/status` of the daemon in the container that was started last. */
  status(): Promise<string>;
  /**
   * What processes in containers were refused for lack of permission, or because a profile does not know the call; but
   * not the calls that are given up for others ({@link fallsBack}).
   */
  refusals(): Promise<readonly string[]>;
  /** System calls that processes in containers made, by those that record; runc's own among them, from when a profile holds. */
  calls(): Promise<readonly string[]>;
  /** Ends those that still run. To be done before their node is closed: a container outlives a runc that is killed. */
  close(): Promise<void>;
}

/**
 * Containers with the files of a folder.
 *
 * @param work a directory for what they are made of
 */
export function containersOf(root: string, work: string): Containers {
  const state = join(work, 'runc');
  mkdirSync(work);
  const started: { readonly id: string; readonly trace: string }[] = [];
  return {
    launch: (options) => (args) => {
      const id = `nftproxier-${String(process.pid)}-${String(started.length)}`;
      const bundle = join(work, id);
      const trace = `${bundle}.trace`;
      started.push({ id, trace });
      mkdirSync(bundle);
      writeFileSync(join(bundle, 'config.json'), JSON.stringify(specification(root, options, args)));
      return ['unshare', '--mount', 'sh', path('contain.sh'), 'run', state, id, bundle, trace, traced(options)];
    },
    async status() {
      const id = started.at(-1)?.id ?? '';
      const { init_process_pid: pid } = JSON.parse(await readFile(join(state, id, 'state.json'), 'utf8')) as {
        readonly init_process_pid: number;
      };
      return readFile(`/proc/${String(pid)}/status`, 'utf8');
    },
    async refusals() {
      const lines = (await Promise.all(started.map(({ trace }) => inside(trace, isEntered)))).flat();
      const refused = lines.filter((line) => /\b(?:EPERM|EACCES|EROFS|ENOSYS)\b/u.test(line));
      return refused.filter((line) => !(callOf(line) in fallsBack));
    },
    async calls() {
      const lines = (await Promise.all(started.map(({ trace }) => inside(trace, isFiltered)))).flat();
      return [...new Set(lines.map(callOf))].filter((name) => name !== '').toSorted();
    },
    async close() {
      for (const { id } of started) {
        await execa('unshare', ['--mount', 'sh', path('contain.sh'), 'delete', state, id], { reject: false });
      }
    },
  };
}

/** The folder below the temporary one that arguments name files in. Everybody may read it, as a ConfigMap. */
function folderOf(args: readonly string[]): string | undefined {
  const folder = args.map((arg) => /(?:^|=)(\/[^=]+)/u.exec(arg)?.[1]).find((named) => named?.startsWith(tmpdir()));
  if (folder === undefined) return undefined;
  const top = join(tmpdir(), folder.slice(tmpdir().length + 1).split('/')[0] ?? '');
  chmodSync(top, 0o755);
  return top;
}

/** `config.json` of the runtime's specification, with what containerd adds to what a manifest says. */
function specification(root: string, { user, seccomp }: ContainerOptions, args: readonly string[]): unknown {
  const { containers, volumes } = podManifest();
  const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = containers[0].securityContext;
  const held = capabilities.add.map((name) => `CAP_${name}`);
  const beyondRoot = user === 0 ? {} : { inheritable: held, ambient: held };
  const size = (volumes.find(({ name }) => name === 'run')?.emptyDir?.sizeLimit ?? '').replace('Mi', 'm');
  const folder = folderOf(args);
  const still = ['nosuid', 'noexec', 'nodev'];
  return {
    ociVersion: '1.0.2',
    process: {
      user: { uid: user, gid: user },
      args: [daemon, ...args],
      cwd: '/',
      env: ['NODE_ENV=production', 'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      capabilities: { bounding: held, effective: held, permitted: held, ...beyondRoot },
      noNewPrivileges: !allowPrivilegeEscalation,
    },
    root: { path: root, readonly: readOnlyRootFilesystem },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: still },
      {
        destination: '/dev',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'strictatime', 'mode=755', 'size=64m'],
      },
      { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...still, 'mode=1777', 'size=64m'] },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...still, 'ro'] },
      { destination: '/run', type: 'tmpfs', source: 'run', options: ['mode=777', `size=${size}`] },
      ...(folder === undefined
        ? []
        : [{ destination: folder, type: 'bind', source: folder, options: ['rbind', 'ro'] }]),
    ],
    linux: {
      // The network is the node's.
      namespaces: ['pid', 'ipc', 'mount'].map((type) => ({ type })),
      seccomp,
      maskedPaths: ['/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/scsi', '/sys/firmware'],
      readonlyPaths: ['/proc/asound', '/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

const daemon = '/usr/local/bin/nftproxier';

/** What may fail for other reasons than a profile: it is watched even where a profile allows it. */
const watched: ReadonlySet<string> = new Set(
  (
    'open openat creat mkdir mkdirat rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat rmdir ' +
    'chmod fchmod fchmodat chown fchown fchownat truncate ftruncate execve setuid setgid setgroups setresuid setresgid ' +
    'capset socket bind sendto sendmsg setsockopt kill setpriority sched_setscheduler'
  ).split(' '),
);

/** The system calls to trace, in strace's words. What a profile allows anyway costs nothing so. */
function traced({ seccomp, records = false }: ContainerOptions): string {
  if (records) return 'all';
  // A name that this machine's strace does not know is not an error (?).
  const free = allowedAlways(seccomp).filter((name) => !watched.has(name));
  return `!${free.map((name) => `?${name}`).join()}`;
}

/** The system call that a line of a trace is about, or `''`. */
function callOf(line: string): string {
  return /^\d+ +(?:<\.\.\. )?([a-z]\w*)(?=[( ])/u.exec(line)?.[1] ?? '';
}

const isEntered = (line: string): boolean => line.includes(`execve("${daemon}"`) && !line.includes('= -1');
const isFiltered = (line: string): boolean => /\bprctl\(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,(?!.*= -1)/u.test(line);

/** The lines of a trace after the one where a process became the daemon's, of it and of what it started. */
async function inside(trace: string, begins: (line: string) => boolean): Promise<readonly string[]> {
  const lines = (await readFile(trace, 'utf8')).trimEnd().split('\n');
  const first = lines.findIndex(begins);
  if (first === -1) throw new Error(`nothing of the container in its trace ${trace}`);
  const pid = (line: string): string => line.split(' ', 1)[0] ?? '';
  const others = new Set(lines.slice(0, first).map(pid));
  others.delete(pid(lines[first] ?? ''));
  const own = lines.slice(first + 1).filter((line) => !others.has(pid(line)));
  if (own.length === 0) throw new Error(`no system call of the container in its trace ${trace}`);
  return own;
}
