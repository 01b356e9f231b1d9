import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Options, Result } from 'execa';
import type { Address, Family, Protocol } from '@nftproxier/core';
import {
  ConntrackCancelledError,
  ConntrackFailedError,
  ConntrackKilledError,
  ConntrackMissingError,
  ConntrackNoFileError,
  ConntrackPermissionError,
  ConntrackTimeoutError,
  ConntrackUnsupportedError,
  ConntrackVanishedError,
} from './conntrack-error.js';
import type { ListOptions } from './nft.js';

/** Which flows are listed. */
export interface FlowQuery {
  /** One at a time: all there are may be many. */
  readonly protocol: Protocol;
  /** Both if absent. */
  readonly family?: Family;
  /** What clients asked for; any address if absent. */
  readonly dst?: Address;
}

/** The seam between flows and the kernel: everything that needs a process goes through these. */
export interface Conntrack {
  /**
   * What `conntrack -L` prints, a line for each flow, as it comes.
   *
   * @throws any {@link ConntrackError}, and what `onText` throws.
   */
  list(query: FlowQuery, onText: (text: string) => void, options?: ListOptions): Promise<void>;

  /**
   * Runs commands, one per line, as one process (`conntrack -R -`). They are not a transaction: those before one that
   * fails have taken effect.
   *
   * @returns how many flows were deleted.
   * @throws any {@link ConntrackError}.
   */
  load(commands: string, options?: ListOptions): Promise<number>;

  /** What `conntrack --version` prints. */
  version(options?: ListOptions): Promise<string>;
}

/** Where and how long conntrack runs. */
export interface ConntrackOptions {
  /** The program, by name or path. Default: `conntrack`. */
  readonly command?: string;
  /** Milliseconds after which conntrack is killed. Default: 30,000; 100,000 flows are listed within a second. */
  readonly timeoutMs?: number;
  /** A network namespace made with `ip netns add`, to run in. Default: that of this process. */
  readonly netns?: string;
  /** Words that start conntrack, such as `['nsenter', '--net=/proc/1/ns/net', '--']`; instead of `netns`. */
  readonly prefix?: readonly string[];
  /** Folders for the file that commands are passed in, the first that can be written to. Default: `/dev/shm`, `/run`, the temporary one. */
  readonly folders?: readonly string[];
}

/** Where a file for commands is made: two that are there in a container whose own files are read-only, and the usual one. */
const commandFolders: readonly string[] = ['/dev/shm', '/run', tmpdir()];

/** Characters of standard error that are read; the first line counts. */
const mostErrorText = 4_096;

/** conntrack as a process of its own for each call. */
export function createConntrack(options: ConntrackOptions = {}): Conntrack {
  const { command = 'conntrack', timeoutMs = 30_000, netns, folders = commandFolders } = options;
  const before = options.prefix ?? (netns === undefined ? [] : ['ip', 'netns', 'exec', netns]);
  const [file, ...prefix] = [...before, command];

  const start = async (args: readonly string[], stdin: 'ignore' | number, io: Io): Promise<void> => {
    const { execa } = await import('execa');
    if (io.signal?.aborted) throw new ConntrackCancelledError();
    const subprocess = execa(file ?? command, [...prefix, ...args], {
      // Any descriptor will do; execa's type names only some.
      stdin: stdin as 'ignore' | 3,
      reject: false,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      // With it execa takes part in this process's signals, and ends it where our own handler lets it go on.
      cleanup: false,
      buffer: false,
      env: { LC_ALL: 'C' },
      ...(io.signal && { cancelSignal: io.signal }),
    } satisfies Options);
    let failure: Error | undefined;
    let stderr = '';
    subprocess.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (failure !== undefined) return;
      try {
        io.onText(text);
      } catch (error) {
        // Thrown on, it would end this process.
        failure = error instanceof Error ? error : new Error(String(error));
        subprocess.kill();
      }
    });
    subprocess.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < mostErrorText) stderr += text;
    });
    const [result] = await Promise.all([subprocess, finished(subprocess.stdout).catch(() => undefined)]);
    if (failure !== undefined) throw failure;
    if (result.failed) throw errorOf(result as Result, { command, timeoutMs, stderr: stderr.slice(0, mostErrorText) });
  };

  return {
    async list({ protocol, family, dst }, onText, { signal } = {}) {
      const args = ['-L', '-p', protocol.toLowerCase()];
      if (family !== undefined) args.push('-f', family.toLowerCase());
      if (dst !== undefined) args.push('-d', dst);
      await start(args, 'ignore', { onText, signal });
    },
    async load(commands, { signal } = {}) {
      let deleted = 0;
      const onText = (text: string): void => {
        for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) deleted += 1;
      };
      const input = await fileWith(commands, folders);
      try {
        await start(['-R', '-'], input.fd, { onText, signal });
        return deleted;
      } catch (error) {
        throw isVanished(error) ? new ConntrackVanishedError(deleted) : error;
      } finally {
        await input.close();
      }
    },
    async version({ signal } = {}) {
      let text = '';
      await start(['--version'], 'ignore', { onText: (piece) => (text += piece), signal });
      return text.trim();
    },
  };
}

interface Io {
  readonly onText: (text: string) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * A file with this content that has no name any more: nothing is left of it, however this process ends. conntrack opens
 * `/dev/stdin` anew, which a file allows and the sockets that Node makes for standard input do not.
 */
async function fileWith(content: string, folders: readonly string[]): Promise<FileHandle> {
  let cause: unknown;
  for (const folder of folders) {
    const path = join(folder, `nftproxier-${randomUUID()}`);
    try {
      const file = await open(path, 'wx+', 0o600);
      try {
        await unlink(path);
        await file.writeFile(content);
        return file;
      } catch (error) {
        await file.close();
        throw error;
      }
    } catch (error) {
      cause = error;
    }
  }
  throw new ConntrackNoFileError(folders, { cause });
}

interface Run {
  readonly command: string;
  readonly timeoutMs: number;
  readonly stderr: string;
}

function errorOf(result: Result, { command, timeoutMs, stderr }: Run): Error {
  if (result.timedOut) return new ConntrackTimeoutError(timeoutMs);
  if (result.isCanceled) return new ConntrackCancelledError();
  if (result.signal !== undefined) return new ConntrackKilledError(result.signal);
  const { code } = result;
  const detail = firstLine(stderr) || (result.shortMessage ?? `exit code ${String(result.exitCode)}`);
  if (code === 'ENOENT' || /^exec of ".*" failed/m.test(stderr)) return new ConntrackMissingError(command);
  if (code === 'EACCES' || /CAP_NET_ADMIN|Operation not permitted/.test(stderr)) {
    return new ConntrackPermissionError(code ?? detail);
  }
  if (stderr.includes('unknown option')) return new ConntrackUnsupportedError(detail);
  return new ConntrackFailedError(detail);
}

function isVanished(error: unknown): boolean {
  return error instanceof ConntrackFailedError && error.message.includes("such conntrack doesn't exist");
}

function firstLine(text: string): string {
  return text.slice(0, 300).split('\n', 1)[0] ?? '';
}
