import { Keeper, openSession, TableWatch } from '@nftproxier/nft';
import type { KeeperState, Loader } from '@nftproxier/nft';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics/index.js';
import type { Clock } from '../sync/clock.js';
import type { SyncGuard } from '../sync/proxy.js';
import type { Protections } from './protections.js';

/** What a {@link Guard} needs. */
export interface GuardOptions {
  readonly loader: Loader;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly protections: Protections;
  /** Asks for a sync at once. */
  readonly attend: () => void;
}

/** Notices what other programs do to the table, and has it put right with the next sync, which it asks for. */
export class Guard implements SyncGuard {
  readonly #options: GuardOptions;
  readonly #watch: TableWatch | undefined;
  readonly #keeper: Keeper | undefined;
  #isSuspicious = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    const { loader, log, clock, protections, attend } = options;
    const open = openSession;
    if (protections.watch) {
      this.#watch = new TableWatch({
        open,
        clock,
        table: () => (this.#isSuspicious ? undefined : loader.tableName),
        lost: () => {
          this.#isSuspicious = true;
          attend();
        },
        failed: (error) => {
          log.warn({ err: error }, 'it is not noticed at once when another program deletes the rules; tried again');
        },
      });
    }
    if (protections.keeper) {
      this.#keeper = new Keeper({
        open,
        clock,
        changed: (state, reason) => {
          this.#tell(state, reason);
        },
      });
    }
  }

  /** Begins to watch. Resolves when NAT is kept alive, or when it is clear that it cannot be. */
  async start(): Promise<void> {
    this.#watch?.start();
    await this.#keeper?.start();
  }

  /** Ends, with all processes. */
  async stop(): Promise<void> {
    await Promise.all([this.#watch?.stop(), this.#keeper?.stop()]);
  }

  readonly beforeSync = async (): Promise<void> => {
    const { loader, log, metrics } = this.#options;
    if (!this.#isSuspicious) return;
    const table = loader.tableName;
    const isLost = table !== undefined && !(await loader.isInService());
    this.#isSuspicious = false;
    if (!isLost) return;
    log.warn({ table }, 'another program deleted the rules; they are loaded anew');
    metrics.add('nftproxier_drift_repairs_total', 1, { cause: 'table-lost' });
    loader.distrust();
  };

  #tell(state: KeeperState, reason: Error | undefined): void {
    const { log } = this.#options;
    if (state === 'held') log.info('open connections survive when another program flushes the ruleset');
    if (state === 'unsupported') {
      log.info({ reason: reason?.message }, 'this kernel or nft cannot keep NAT alive when the ruleset is flushed');
    }
    if (state === 'failed') log.warn({ err: reason }, 'NAT is not kept alive when the ruleset is flushed; tried again');
  }
}
