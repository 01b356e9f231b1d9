import type { NftSession } from '../run/session.js';
import { pause, RestartPause } from './clock.js';
import type { GuardClock } from './clock.js';
import { lookFor } from './sight.js';

/** What a {@link TableWatch} needs. */
export interface TableWatchOptions {
  /** Starts an nft to ask. */
  readonly open: () => Promise<NftSession>;
  /** The table that should be there; undefined while there is none, or it is being replaced. */
  readonly table: () => string | undefined;
  /** The table is not there. Told once for each time it is lost, and until then as often as it is found missing. */
  readonly lost: (table: string) => void;
  /** nft cannot be asked, or does not answer as it should; it is tried again. Told once until it works again. */
  readonly failed: (error: Error) => void;
  /** Times the pauses between looks and attempts. */
  readonly clock: GuardClock;
  /** Milliseconds between an answer and the next question. Default: {@link watchPeriod}. */
  readonly periodMs?: number;
}

/**
 * Milliseconds between looks. After a flush there are 200 before connections break where nothing keeps NAT alive; a look
 * costs 0.6 ms of CPU on both sides.
 */
export const watchPeriod = 50;

/**
 * Looks again and again whether the table is still there.
 *
 * Guarantees: never more than one question at a time; one process, which is started again when it ends; nothing is thrown.
 */
export class TableWatch {
  readonly #options: TableWatchOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #session: NftSession | undefined;
  #hasFailed = false;

  constructor(options: TableWatchOptions) {
    this.#options = options;
  }

  /** The process that is asked; undefined while there is none. */
  get pid(): number | undefined {
    return this.#session?.pid;
  }

  /** Begins to look. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends, with its process. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#session?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    const restart = new RestartPause(clock);
    while (!signal.aborted) {
      try {
        restart.started();
        this.#session = await this.#options.open();
        await this.#look(this.#session);
      } catch (error) {
        this.#report(error);
      }
      await this.#session?.close();
      this.#session = undefined;
      await restart.over(signal);
    }
  }

  async #look(session: NftSession): Promise<void> {
    const { table, lost, clock, periodMs = watchPeriod } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const name = table();
      if (name !== undefined) {
        const sight = await lookFor(session, name);
        if (sight === 'unknown') throw new Error('nft does not answer as expected whether the table is there');
        this.#hasFailed = false;
        // It may have been replaced while nft looked.
        if (sight === 'gone' && table() === name) lost(name);
      }
      await pause(clock, periodMs, signal);
    }
  }

  #report(error: unknown): void {
    if (this.#stop.signal.aborted || this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.failed(error instanceof Error ? error : new Error(String(error)));
  }
}
