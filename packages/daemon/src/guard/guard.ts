import { Keeper, openEvents, openSession, scopeOf, TableListener, tableNames, TableWatch } from '@nftproxier/nft';
import type { AuditScope, Hearing, KeeperState, Loader, OwnProcesses, TableChange } from '@nftproxier/nft';
import type { Logger } from 'pino';
import { rulesRestored } from '../events/index.js';
import type { EventRecorder } from '../events/index.js';
import type { Metrics } from '../metrics/index.js';
import type { Clock } from '../sync/clock.js';
import type { SyncGuard } from '../sync/proxy.js';
import type { Protections } from './protections.js';

/** What a {@link Guard} needs. */
export interface GuardOptions {
  readonly loader: Loader;
  readonly nodeName: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly events: Pick<EventRecorder, 'emit'>;
  readonly clock: Clock;
  readonly protections: Protections;
  /** Everything that we start beside it. */
  readonly own: OwnProcesses;
  /** Asks for a sync at once. */
  readonly attend: () => void;
  /** Asks for an audit at once, of what a program of this name changed. */
  readonly suspect: (scope: AuditScope, by?: string) => void;
}

/** The table may not be there. */
interface Suspicion {
  /** Certainly not: the kernel told so. */
  readonly table?: string;
  readonly by?: string;
}

/**
 * Notices what other programs do to the table, and has it put right: with the next sync, which it asks for, where the table
 * is gone, and otherwise by an audit. It listens where it can, and elsewhere looks again and again whether the table is there.
 */
export class Guard implements SyncGuard {
  readonly #options: GuardOptions;
  readonly #listener: TableListener | undefined;
  readonly #keeper: Keeper | undefined;
  #watch: TableWatch | undefined;
  #suspicion: Suspicion | undefined;
  #isStopped = false;
  #wasListening = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    const { clock, protections, own } = options;
    if (protections.listener) {
      this.#listener = new TableListener({
        open: (heard) => openEvents(heard),
        tables: tableNames,
        isOwn: (pid) => own.has(pid),
        changed: (change) => {
          this.#changed(change);
        },
        hearing: (hearing, reason) => {
          this.#hears(hearing, reason);
        },
        clock,
      });
    }
    if (protections.keeper) {
      this.#keeper = new Keeper({
        open: () => openSession({ own }),
        clock,
        changed: (state, reason) => {
          this.#tell(state, reason);
        },
      });
    }
  }

  /** Begins to watch. Resolves when NAT is kept alive, or when it is clear that it cannot be. */
  async start(): Promise<void> {
    this.#options.metrics.set('nftproxier_listening', 0);
    this.#look();
    await this.#keeper?.start();
  }

  /** The table is in service: from now on it is listened to. Not before, because the kernel would tell of each element. */
  served(): void {
    if (!this.#isStopped) this.#listener?.start();
  }

  /** Ends, with all processes. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([this.#watch?.stop(), this.#listener?.stop(), this.#keeper?.stop()]);
  }

  readonly beforeSync = async (): Promise<void> => {
    const { loader, log, metrics, events, nodeName } = this.#options;
    const suspicion = this.#suspicion;
    const table = loader.tableName;
    if (suspicion === undefined) return;
    const isKnown = suspicion.table === table;
    const isLost = table !== undefined && (isKnown || !(await loader.isInService()));
    this.#suspicion = undefined;
    if (!isLost) return;
    const { by } = suspicion;
    log.warn({ table, by }, 'another program deleted the rules; they are loaded anew');
    metrics.add('nftproxier_drift_repairs_total', 1, { cause: 'table-lost' });
    const who = by === undefined ? 'Another program' : `Another program (${by})`;
    events.emit(rulesRestored(nodeName, `${who} deleted the rules; they are loaded anew`));
    if (isKnown) loader.lost();
    else loader.distrust();
  };

  #changed(change: TableChange): void {
    const { loader, log, metrics, suspect } = this.#options;
    const { table, by, isDeleted, isStructural } = change;
    const kind = isDeleted ? 'table' : isStructural ? 'structure' : 'elements';
    log.debug({ table, by, kind }, 'another program changed the table');
    metrics.add('nftproxier_foreign_changes_total', 1, { kind });
    if (!isDeleted) suspect(scopeOf(change), by);
    else this.#suspectLoss(table === loader.tableName ? { table, by } : {});
  }

  #hears(hearing: Hearing, reason: Error | undefined): void {
    const { log, metrics, suspect } = this.#options;
    const isListening = hearing === 'listening';
    metrics.set('nftproxier_listening', isListening ? 1 : 0);
    if (isListening) {
      log.info('what other programs do to the rules is noticed at once');
      void this.#watch?.stop();
      this.#watch = undefined;
      // What happened until now nobody told.
      this.#suspectLoss({});
      suspect(this.#wasListening ? 'everything' : { structure: true, elements: new Map() });
      this.#wasListening = true;
      return;
    }
    const consequence =
      'what other programs do to the rules is found by audits, and at once only that they delete them';
    if (hearing === 'unsupported') log.info({ reason: reason?.message }, consequence);
    else log.warn({ err: reason }, `for some time ${consequence}`);
    this.#look();
    if (this.#wasListening) suspect('everything');
  }

  #suspectLoss(suspicion: Suspicion): void {
    if (this.#suspicion?.table === undefined) this.#suspicion = suspicion;
    this.#options.attend();
  }

  #look(): void {
    const { loader, log, clock, protections, own } = this.#options;
    if (!protections.watch || this.#isStopped || this.#watch !== undefined) return;
    this.#watch = new TableWatch({
      open: () => openSession({ own }),
      clock,
      table: () => (this.#suspicion === undefined ? loader.tableName : undefined),
      lost: () => {
        this.#suspectLoss({});
      },
      failed: (error) => {
        log.warn({ err: error }, 'it is not noticed at once when another program deletes the rules; tried again');
      },
    });
    this.#watch.start();
  }

  #tell(state: KeeperState, reason: Error | undefined): void {
    const { log } = this.#options;
    if (state === 'held') log.info('open connections survive when another program flushes the ruleset');
    if (state === 'unsupported') {
      log.info({ reason: reason?.message }, 'this kernel or nft cannot keep NAT alive when the ruleset is flushed');
    }
    if (state === 'failed') log.warn({ err: reason }, 'NAT is not kept alive when the ruleset is flushed; tried again');
  }
}
