import { endianness } from 'node:os';
import { SocatMissingError } from '../run/events.js';
import type { RulesetEvents } from '../run/events.js';
import { RestartPause } from '../watch/clock.js';
import type { GuardClock } from '../watch/clock.js';
import { ChangeReader } from './change.js';
import type { TableChange } from './change.js';

/**
 * Whether changes are heard. `listening`: from now on; what happened before is not known. `deaf`: no more, for some time;
 * what was told last may be missing. `unsupported`: never.
 */
export type Hearing = 'listening' | 'deaf' | 'unsupported';

/** What a {@link TableListener} needs. */
export interface TableListenerOptions {
  /** Starts what hears. */
  readonly open: (heard: (bytes: Uint8Array) => void) => Promise<RulesetEvents>;
  /** Names of our tables, of family `inet`. */
  readonly tables: readonly string[];
  /** Whether the process with this id is one of ours. */
  readonly isOwn: (pid: number) => boolean;
  /** Somebody else changed a table of ours. Told of each transaction, as soon as it is done. */
  readonly changed: (change: TableChange) => void;
  /** Told when it is another, with the reason where it is not `listening`. */
  readonly hearing: (hearing: Hearing, reason?: Error) => void;
  /** Times the pauses between attempts. */
  readonly clock: GuardClock;
}

/**
 * Tells of what others do to our tables when they do it.
 *
 * Guarantees: one process, which is started again when it ends, as it does where there was more to tell than it could read;
 * what others do is told in their order; what cannot be understood ends the process as well; nothing is thrown.
 */
export class TableListener {
  readonly #options: TableListenerOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #events: RulesetEvents | undefined;
  #hearing: Hearing | undefined;

  constructor(options: TableListenerOptions) {
    this.#options = options;
  }

  /** Whether changes are heard at this moment. */
  get isListening(): boolean {
    return this.#hearing === 'listening';
  }

  /** The process that hears; undefined while there is none. */
  get pid(): number | undefined {
    return this.#events?.pid;
  }

  /** Begins to listen. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends, with its process. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#events?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const restart = new RestartPause(this.#options.clock);
    while (!signal.aborted) {
      restart.started();
      const reason = await this.#listen();
      if (this.#isStopped()) return;
      const isMissing = reason instanceof SocatMissingError;
      this.#tell(isMissing ? 'unsupported' : 'deaf', reason);
      if (isMissing) return;
      await restart.over(signal);
    }
  }

  /** Resolves to why it ended. */
  async #listen(): Promise<Error> {
    const { open, tables, isOwn, changed } = this.#options;
    const reader = new ChangeReader({ tables, isOwn, isLittleEndian: endianness() === 'LE' });
    const heard = (bytes: Uint8Array): void => {
      for (const change of reader.read(bytes)) changed(change);
    };
    try {
      this.#events = await open(heard);
      // It may have been stopped while it was started.
      if (this.#isStopped()) await this.#events.close();
      else this.#tell('listening');
      return await this.#events.ended;
    } catch (error) {
      return asError(error);
    } finally {
      this.#events = undefined;
    }
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #tell(hearing: Hearing, reason?: Error): void {
    if (hearing === this.#hearing) return;
    this.#hearing = hearing;
    this.#options.hearing(hearing, reason);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
