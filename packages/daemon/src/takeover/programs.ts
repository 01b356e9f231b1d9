import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Programs of the host other than nft: iptables, ipvsadm, ipset, ip. */
export interface Programs {
  /**
   * Runs a program and tells each line that it prints.
   *
   * @returns false where it is not installed.
   * @throws {@link ProgramError} if it fails.
   */
  lines(argv: readonly [string, ...string[]], onLine: (line: string) => void, input?: string): Promise<boolean>;
}

/** A program that was to remove what kube-proxy left could not. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
  readonly code = 'PROGRAM_FAILED';

  constructor(argv: readonly string[], detail: string) {
    super(`${argv.join(' ')} failed: ${detail.slice(0, 300)}`);
  }
}

/** Milliseconds a program may take: a save of 300,000 rules takes some seconds. */
const patience = 60_000;
const mostErrorText = 4_096;

/**
 * The programs of this host.
 *
 * @param prefix words to put before each, such as `['nsenter', '--net=/proc/1/ns/net', '--']`.
 */
export function hostPrograms(prefix: readonly string[] = []): Programs {
  return {
    async lines(argv, onLine, input = '') {
      const [file, ...args] = [...prefix, ...argv] as unknown as [string, ...string[]];
      const child = spawn(file, args, {
        env: { ...process.env, LC_ALL: 'C' },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      // Not spawn's own timeout: where there is no such program its timer stays, and keeps this process from ending.
      const timer = setTimeout(() => child.kill('SIGKILL'), patience);
      let errors = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        if (errors.length < mostErrorText) errors += text;
      });
      child.stdin.on('error', () => undefined).end(input);
      const reading = createInterface({ input: child.stdout }).on('line', onLine);
      try {
        const [end] = await Promise.all([once(child, 'close'), once(reading, 'close')]);
        const [code, signal] = end as [number | null, string | null];
        // nsenter and its like say in these words, with this code, that there is no such program.
        if (code === 127 && errors.includes('No such file or directory')) return false;
        if (code !== 0) throw new ProgramError(argv, errors.trim().split('\n', 1)[0] || (signal ?? String(code)));
        return true;
      } catch (error) {
        if ((error as { readonly code?: unknown }).code === 'ENOENT') return false;
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
