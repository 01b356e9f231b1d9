import type { Options } from 'execa';
import { NftKilledError, NftMissingError, NftTimeoutError } from './error.js';
import type { NftOptions } from './process.js';

/**
 * A long-lived `nft --interactive`: asking it costs a tenth of a process of its own, and tables with the `owner` flag live
 * as long as it does. It ends with this process, however that ends: its standard input is then closed.
 */
export interface NftSession {
  /** Its process id; undefined where it could not be started. */
  readonly pid: number | undefined;
  /**
   * Runs commands, one per line, each as a transaction of its own. One at a time.
   *
   * @returns what nft complains about, empty if it does not. What it prints otherwise cannot be read: it holds that back.
   * @throws {@link NftTimeoutError} where there is no answer, {@link NftKilledError} or {@link NftMissingError} where nft
   * ended. Nothing can be asked afterwards.
   */
  ask(commands: string): Promise<string>;
  /** Resolves when nft has ended, with the reason. */
  readonly ended: Promise<Error>;
  /** Ends nft. */
  close(): Promise<void>;
}

/** Most text of an answer that is kept. */
const mostText = 65_536;

/** Starts a session. `timeoutMs` is how long an answer may take; default: 5,000. */
export async function openSession(options: NftOptions = {}): Promise<NftSession> {
  const { command = 'nft', timeoutMs = 5_000, netns } = options;
  const before = options.prefix ?? (netns === undefined ? [] : ['ip', 'netns', 'exec', netns]);
  const [file, ...args] = [...before, command, '--interactive'];
  const { execa } = await import('execa');
  const child = execa(file ?? command, args, {
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'pipe',
    reject: false,
    buffer: false,
    killSignal: 'SIGKILL',
    // It ends with its standard input. With this, execa would take part in this process's signals.
    cleanup: false,
    // Its history would be written to the home directory.
    env: { LC_ALL: 'C', HOME: '/nonexistent' },
  } satisfies Options);
  options.own?.began(child.pid);
  let text = '';
  let heard: () => void = () => undefined;
  let reason: Error | undefined;
  const ended = child.then((result): Error => {
    options.own?.ended(child.pid);
    const missing = result.code === 'ENOENT' || /^exec of ".*" failed/m.test(text);
    reason ??= missing
      ? new NftMissingError(command)
      : new NftKilledError(result.signal ?? `exit code ${String(result.exitCode)}`);
    heard();
    return reason;
  });
  // Both would otherwise end this process: nft may die while it is being written to.
  child.stdin.on('error', () => undefined);
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(-mostText);
    heard();
  });

  let asked = 0;
  const answerBefore = (marker: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reason ??= new NftTimeoutError(timeoutMs);
        child.kill('SIGKILL');
      }, timeoutMs);
      heard = () => {
        const end = text.indexOf(`\n${marker}\n`);
        // The marker is followed by a line that points at it.
        const isComplete = end >= 0 && text.includes('\n', end + marker.length + 2);
        if (!isComplete && reason === undefined) return;
        clearTimeout(timer);
        heard = () => undefined;
        if (!isComplete) reject(reason ?? new NftTimeoutError(timeoutMs));
        else resolve(text.slice(0, text.lastIndexOf('Error: ', end)).trim());
      };
      heard();
    });
  return {
    pid: child.pid,
    async ask(commands) {
      if (reason !== undefined) throw reason;
      // A word that nft does not know: its complaint, which is never held back, says that all before it has been done.
      const marker = `asked${String((asked += 1))}`;
      text = '';
      const answer = answerBefore(marker);
      child.stdin.write(`${commands.trimEnd()}\n${marker}\n`);
      return answer;
    },
    ended,
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
