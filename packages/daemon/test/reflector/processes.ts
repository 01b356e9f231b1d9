import { execFileSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RunningProcess } from '../../../../test/lab/process.js';

export const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Compiles the stand-in and what it needs: processes run what is compiled. */
export function compile(): void {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'test/api-server'], { cwd: root });
}

/** The path of a script beside this file. */
export function scriptPath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

export type Line = Readonly<Record<string, unknown>>;

/** A process that prints lines of JSON, and may be told something. */
export class Talking {
  readonly process: RunningProcess;
  readonly #lines: { readonly at: number; readonly value: Line }[] = [];
  #failure: string | undefined;

  constructor(process: RunningProcess) {
    this.process = process;
    createInterface({ input: process.stdout }).on('line', (line) => {
      this.#lines.push({ at: performance.now(), value: JSON.parse(line) as Line });
    });
    void process.ended.then(({ failure, stderr }) => (this.#failure = `${failure} ${stderr}`));
  }

  /** The first line after `since`, by `performance.now()`, that `matches`. */
  async next(
    since: number,
    what: string,
    matches: (value: Line) => boolean = () => true,
  ): Promise<{ readonly at: number; readonly value: Line }> {
    const end = performance.now() + 90_000;
    for (;;) {
      const found = this.#lines.find(({ at, value }) => at >= since && matches(value));
      if (found) return found;
      if (this.#failure !== undefined) throw new Error(`the process ended before it said ${what}: ${this.#failure}`);
      if (performance.now() > end) throw new Error(`${what} did not come; last: ${JSON.stringify(this.#lines.at(-1))}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Says something, and returns the answer. */
  async ask(command: object): Promise<Line> {
    const since = performance.now();
    this.process.stdin.write(`${JSON.stringify(command)}\n`);
    return (await this.next(since, `an answer to ${JSON.stringify(command)}`)).value;
  }

  async end(): Promise<void> {
    this.process.stdin.end();
    await this.process.ended;
  }
}
