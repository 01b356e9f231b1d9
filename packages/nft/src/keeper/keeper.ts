import type { NftSession } from '../run/session.js';
import { RestartPause } from '../watch/clock.js';
import type { GuardClock } from '../watch/clock.js';

/** The name of the keeper's table, of family `inet`. */
export const keeperTable = 'nftproxier-keeper';

/**
 * Base chains of every NAT hook, and a rule that looks at connection tracking: the kernel forgets how to translate open
 * connections when the last of the one is gone, and stops tracking when the last of the other is. The rule says nothing
 * about any packet. After our own chains in priority, which decide.
 */
const script = [
  `add table inet ${keeperTable} { flags owner; }`,
  ...(
    [
      ['prerouting', 100],
      ['input', 200],
      ['output', 100],
      ['postrouting', 200],
    ] as const
  ).map(
    ([hook, priority]) =>
      `add chain inet ${keeperTable} nat-${hook} { type nat hook ${hook} priority ${String(priority)}; }`,
  ),
  `add rule inet ${keeperTable} nat-prerouting ct state invalid`,
].join('\n');

/** What became of the keeper. */
export type KeeperState = 'starting' | 'held' | 'unsupported' | 'failed' | 'stopped';

/** What a {@link Keeper} needs. */
export interface KeeperOptions {
  /** Starts an nft that holds the table. */
  readonly open: () => Promise<NftSession>;
  /** Told when the state is another one, with the reason where it is `unsupported` or `failed`. */
  readonly changed?: (state: KeeperState, reason?: Error) => void;
  /** Times the pauses between attempts. */
  readonly clock: GuardClock;
}

/**
 * Keeps NAT alive while our rules are gone: a table that only the process which made it can change, so that another
 * program's `flush ruleset` passes it by. Open connections then go on unharmed until the rules are back.
 *
 * Guarantees: additive, because where kernel (before 5.12) or nft cannot do it nothing else is different; the table is gone
 * when its process is, which ends with this one; started again when it ends.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #session: NftSession | undefined;
  #state: KeeperState = 'starting';

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** What became of it so far. */
  get state(): KeeperState {
    return this.#state;
  }

  /** The process that holds the table; undefined while there is none. */
  get pid(): number | undefined {
    return this.#session?.pid;
  }

  /** Begins to hold the table. Resolves when it is held, or when it is clear that it cannot be for now. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#running ??= this.#run(resolve);
    });
  }

  /** Lets go of the table, and ends its process. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#session?.close();
    await this.#running;
    this.#change('stopped');
  }

  async #run(tried: () => void): Promise<void> {
    const { signal } = this.#stop;
    const restart = new RestartPause(this.#options.clock);
    while (!signal.aborted) {
      try {
        restart.started();
        const session = (this.#session = await this.#options.open());
        const complaint = await session.ask(script);
        if (complaint === '') {
          this.#change('held');
          tried();
          const reason = await session.ended;
          if (!this.#isStopped()) this.#change('failed', reason);
        } else if (isUnsupported(complaint)) {
          this.#change('unsupported', new Error(firstLine(complaint)));
          return;
        } else this.#change('failed', new Error(firstLine(complaint)));
      } catch (error) {
        if (!this.#isStopped()) this.#change('failed', error instanceof Error ? error : new Error(String(error)));
      } finally {
        await this.#session?.close();
        this.#session = undefined;
        tried();
      }
      await restart.over(signal);
    }
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #change(state: KeeperState, reason?: Error): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.changed?.(state, reason);
  }
}

/** nft does not know the flag, or the kernel does not. */
function isUnsupported(complaint: string): boolean {
  return /syntax error|unknown table option|Operation not supported|Invalid argument/.test(complaint);
}

function firstLine(text: string): string {
  return text.slice(0, 200).split('\n', 1)[0] ?? '';
}
