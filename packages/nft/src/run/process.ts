import type { Options, Result } from 'execa';
import { NftCancelledError, NftKilledError, NftMissingError, NftOutputError, NftPermissionError } from './error.js';
import { NftRefusedError, NftTimeoutError } from './error.js';
import type { Nft } from './nft.js';
import type { OwnProcesses } from './own.js';
import { parseRefusals } from './refusals.js';

/** Where and how long nft runs. */
export interface NftOptions {
  /** The program, by name or path. Default: `nft`. */
  readonly command?: string;
  /** Milliseconds after which nft is killed. Default: 30,000; 100,000 elements load in one second. */
  readonly timeoutMs?: number;
  /** A network namespace made with `ip netns add`, to run in. Default: that of this process. */
  readonly netns?: string;
  /** Words that start nft, such as `['nsenter', '--net=/proc/1/ns/net', '--']`; instead of `netns`. */
  readonly prefix?: readonly string[];
  /** Told of the processes that are started: transactions of these are ours. */
  readonly own?: OwnProcesses;
}

/** Characters of standard error that are read: enough for hundreds of complaints, and the first one counts. */
const mostErrorText = 65_536;
/** Characters of a listing that are read: a set of 500,000 elements has about as many. */
const mostOutput = 128 * 1024 * 1024;

/**
 * nft as a process of its own for each call: about 4 ms of CPU, and what it does is atomic wherever it is killed (160 kills
 * while loading 20,000 elements: no partial state).
 */
export function createNft(options: NftOptions = {}): Nft {
  const { command = 'nft', timeoutMs = 30_000, netns } = options;
  const before = options.prefix ?? (netns === undefined ? [] : ['ip', 'netns', 'exec', netns]);
  const [file, ...prefix] = [...before, command];

  const start = async (args: readonly string[], input: string, signal: AbortSignal | undefined): Promise<string> => {
    // Loaded when it is needed: importing execa takes some 0.1 s, and rendering and tracing do without.
    const { execa } = await import('execa');
    if (signal?.aborted) throw new NftCancelledError();
    const subprocess = execa(file ?? command, [...prefix, ...args], {
      input,
      reject: false,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      // With it execa takes part in this process's signals, and ends it where our own handler lets it go on.
      cleanup: false,
      buffer: { stdout: true, stderr: false },
      maxBuffer: mostOutput,
      stripFinalNewline: false,
      env: { LC_ALL: 'C' },
      ...(signal && { cancelSignal: signal }),
    } satisfies Options);
    options.own?.began(subprocess.pid);
    let stderr = '';
    subprocess.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < mostErrorText) stderr += text;
    });
    const result = await subprocess;
    options.own?.ended(subprocess.pid);
    if (result.failed) throw errorOf(result as Result, { command, timeoutMs, stderr: stderr.slice(0, mostErrorText) });
    return result.stdout;
  };

  return {
    async run(script, { check = false, signal } = {}) {
      const printed = await start([...(check ? ['--check'] : []), '--file', '-'], script, signal);
      if (printed !== '') throw new NftOutputError(`nft --file printed ${JSON.stringify(printed.slice(0, 200))}`);
    },
    async list(what, { signal, terse = false } = {}) {
      const text = await start(['--json', ...(terse ? ['--terse'] : []), 'list', ...what], '', signal);
      try {
        return JSON.parse(text) as unknown;
      } catch (error) {
        throw new NftOutputError(`nft --json list ${what.join(' ')} did not print JSON`, { cause: error });
      }
    },
    async version({ signal } = {}) {
      return (await start(['--version'], '', signal)).trim();
    },
  };
}

interface Run {
  readonly command: string;
  readonly timeoutMs: number;
  readonly stderr: string;
}

function errorOf(result: Result, { command, timeoutMs, stderr }: Run): Error {
  if (result.isMaxBuffer) return new NftOutputError(`nft printed more than ${String(mostOutput)} characters`);
  if (result.timedOut) return new NftTimeoutError(timeoutMs);
  if (result.isCanceled) return new NftCancelledError();
  if (result.signal !== undefined) return new NftKilledError(result.signal);
  const { code } = result;
  if (code === 'ENOENT' || /^exec of ".*" failed/m.test(stderr)) return new NftMissingError(command);
  if (code === 'EACCES' || stderr.includes('Operation not permitted')) {
    return new NftPermissionError(code ?? firstLine(stderr));
  }
  return new NftRefusedError(parseRefusals(stderr || (result.cause instanceof Error ? result.cause.message : '')));
}

function firstLine(text: string): string {
  return text.slice(0, 200).split('\n', 1)[0] ?? '';
}
