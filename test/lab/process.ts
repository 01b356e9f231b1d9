import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';

/** How a process ended. `exitCode` is undefined when a signal ended it or it could not be started. */
export interface ProcessEnd {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** One sentence on what went wrong; empty when nothing did. */
  readonly failure: string;
}

/** A process that runs beside this one. */
export interface RunningProcess {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Never rejects. */
  readonly ended: Promise<ProcessEnd>;
}

/** Starts a process with pipes. `buffer` keeps what it prints for {@link ProcessEnd}; its errors are always kept. */
export function startProcess(argv: readonly string[], buffer = false): RunningProcess {
  const [file = '', ...rest] = argv;
  const child = execa(file, rest, { stdin: 'pipe', reject: false, buffer: { stdout: buffer, stderr: true } });
  // Whoever writes to a process that has just ended learns it from `ended`.
  child.stdin.on('error', () => undefined);
  const ended = child.then((result) => ({
    exitCode: result.exitCode,
    stdout: result.stdout ?? '',
    stderr: result.stderr,
    failure: result.failed ? (result.shortMessage ?? 'failed') : '',
  }));
  return { pid: child.pid, stdin: child.stdin, stdout: child.stdout, ended };
}

/** Runs a process to its end. `timeout` is in milliseconds. Never rejects. */
export async function runProcess(
  argv: readonly string[],
  input: string | undefined,
  timeout: number,
): Promise<ProcessEnd> {
  const [file = '', ...rest] = argv;
  const result = await execa(file, rest, { input: input ?? '', timeout, reject: false });
  return {
    exitCode: result.exitCode,
    stdout: result.stdout,
    stderr: result.stderr,
    failure: result.failed ? (result.shortMessage ?? 'failed') : '',
  };
}
