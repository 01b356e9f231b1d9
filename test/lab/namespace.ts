import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { LabError } from './errors.js';
import { runProcess, startProcess, type RunningProcess } from './process.js';

/** What a command printed, and how it ended. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface CommandOptions {
  /** Text for its standard input. */
  readonly input?: string;
  /** Milliseconds until it is killed; 30,000 unless given. */
  readonly timeout?: number;
  /** Resolve with the exit code instead of rejecting when it is not 0. */
  readonly allowFailure?: boolean;
}

/** A network namespace that lives as long as this process, or until it is closed. */
export interface NetworkNamespace {
  readonly name: string;
  /** The process that holds the namespace: `/proc/PID/ns/net` is its handle. */
  readonly pid: number;
  /** The words to put before a command to run it in this namespace. */
  readonly prefix: readonly string[];
  exec(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Starts a command that outlives this call; the caller ends it. */
  spawn(argv: readonly string[]): RunningProcess;
  close(): Promise<void>;
}

/**
 * Makes a network namespace without a name: a `cat` process holds it, and ends when our end of its standard input is
 * closed. The kernel then removes the namespace with everything in it, also when this process was killed and could
 * clean up nothing. Two labs can never meet, because there is no name to share.
 *
 * @throws LabError `LabNotPermitted` where this process may not make namespaces.
 */
export async function openNamespace(name: string): Promise<NetworkNamespace> {
  const holder = startProcess(['unshare', '--net', 'sh', '-c', 'echo ready && exec cat']);
  const pid = await ready(name, holder);
  const prefix = ['nsenter', `--net=/proc/${pid}/ns/net`, '--'];
  return {
    name,
    pid,
    prefix,
    exec: (argv, options = {}) => runCommand(name, [...prefix, ...argv], options),
    spawn: (argv) => startProcess([...prefix, ...argv]),
    close: async () => {
      holder.stdin.end();
      await holder.ended;
    },
  };
}

async function ready(name: string, holder: RunningProcess): Promise<number> {
  const lines = createInterface({ input: holder.stdout });
  const first = await Promise.race([once(lines, 'line').then(() => true), holder.ended.then(() => false)]);
  if (first && holder.pid !== undefined) return holder.pid;
  const { stderr, failure } = await holder.ended;
  throw new LabError(
    'LabNotPermitted',
    `No network namespace could be made for ${name}: ${stderr || failure}. ` +
      'Run as root, or inside `unshare --user --map-root-user --net --mount`.',
  );
}

async function runCommand(where: string, argv: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { exitCode, stdout, stderr, failure } = await runProcess(argv, options.input, options.timeout ?? 30_000);
  if (exitCode === 0 || (options.allowFailure === true && exitCode !== undefined)) return { exitCode, stdout, stderr };
  throw new LabError(
    'LabCommandFailed',
    `In ${where}, \`${argv.join(' ').slice(0, 300)}\` failed: ${stderr.slice(0, 2000) || failure}`,
  );
}
