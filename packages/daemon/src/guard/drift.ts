import { joinScopes } from '@nftproxier/nft';
import type { AuditorOptions, AuditScope, Discrepancy, DriftReport, TableAuditor } from '@nftproxier/nft';
import type { Logger } from 'pino';
import { rulesRestored } from '../events/index.js';
import type { EventRecorder } from '../events/index.js';
import type { Metrics } from '../metrics/index.js';
import type { Clock } from '../sync/clock.js';

/** What {@link DriftAudits} need. */
export interface DriftOptions {
  /** Makes what audits; it is given how to have the loader to itself. */
  readonly auditor: (alone: AuditorOptions['alone']) => Pick<TableAuditor, 'audit'>;
  readonly nodeName: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly events: Pick<EventRecorder, 'emit'>;
  readonly clock: Clock;
  /** Between 0 and 1, so that the nodes of a cluster do not audit in step. */
  readonly random: () => number;
  /** `auditPeriod` in milliseconds, as it is now; 0 for none, also while nft does not work. */
  readonly period: () => number;
  /** Runs a step while no sync does. */
  readonly between: <T>(step: () => Promise<T>) => Promise<T>;
  /** Elements were missing, and have been put back. */
  readonly interrupted: () => void;
  /** Asks for a sync at once: the table has to be loaded anew. */
  readonly attend: () => void;
  /** Milliseconds that it took to load the whole table last time. */
  readonly loadMs: () => number;
}

/** Milliseconds until it is looked again whether there should be audits. */
const idle = 10_000;
/** How much longer than an audit the pause after it is, at least: that leaves it a tenth of the time. */
const pausesPerAudit = 10;
/** Milliseconds of such pauses that may be put off: what changes now and then is compared at once. */
const mostPutOff = 10_000;
/** Milliseconds for which changes are collected that are audited together. */
const collecting = 50;
/** Differences that a message names. */
const mostNamed = 5;

/** What may have been changed, and by whom. */
interface Suspicion {
  readonly scope: AuditScope;
  readonly by: string | undefined;
}

/**
 * Compares the table with its model again and again, and has put right what others did to it. A pause is between 70% and
 * 90% of the period, so that what happens at its beginning is put right before the period is over.
 *
 * What others are known to have changed is compared at once, period or not. A program that changes it again and again is
 * put right again and again, in a tenth of the time at most.
 */
export class DriftAudits {
  readonly #options: DriftOptions;
  readonly #auditor: Pick<TableAuditor, 'audit'>;
  #isStopped = false;
  #hasFailed = false;
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #lastMs = 0;
  #suspicion: Suspicion | undefined;
  #cancelSuspicion: (() => void) | undefined;
  /** When the pauses after all audits so far are over. */
  #restUntil = -Infinity;

  constructor(options: DriftOptions) {
    this.#options = options;
    this.#auditor = options.auditor((step) =>
      options.between(() => (this.#isStopped ? Promise.reject(new Error('stopped')) : step())),
    );
  }

  /** Begins. */
  start(): void {
    const { clock, period, random } = this.#options;
    if (this.#isStopped) return;
    const wanted = period();
    const delay =
      wanted === 0 ? idle : Math.max(Math.round(wanted * (0.7 + 0.2 * random())), this.#lastMs * pausesPerAudit);
    this.#cancel = clock.after(delay, () => {
      // Asked again: there may be a reason by now to do without.
      const isWanted = wanted !== 0 && period() !== 0;
      const audited = isWanted ? this.#next(async () => (this.#lastMs = await this.#audit())) : Promise.resolve();
      void audited.then(() => {
        this.start();
      });
    });
  }

  /** Something of the table may have been changed, by a program of this name. */
  suspect(scope: AuditScope, by?: string): void {
    const known = this.#suspicion;
    this.#suspicion = { scope: joinScopes(known?.scope, scope), by: by ?? known?.by };
    if (this.#isStopped || this.#cancelSuspicion !== undefined) return;
    const { clock } = this.#options;
    this.#cancelSuspicion = clock.after(Math.max(collecting, this.#restUntil - mostPutOff - clock.now()), () => {
      void this.#next(() => this.#follow());
    });
  }

  async #follow(): Promise<void> {
    const suspicion = this.#suspicion;
    this.#suspicion = undefined;
    const took = await this.#audit(suspicion);
    this.#restUntil = Math.max(this.#restUntil, this.#options.clock.now()) + took * pausesPerAudit;
    this.#cancelSuspicion = undefined;
    const late = this.#suspicion as Suspicion | undefined;
    if (late !== undefined) this.suspect(late.scope, late.by);
  }

  /** One after the other. */
  #next(work: () => Promise<unknown>): Promise<void> {
    this.#running = this.#running.then(async () => {
      if (!this.#isStopped) await work();
    });
    return this.#running;
  }

  /** Ends, after the step that is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancelSuspicion?.();
    await this.#running;
  }

  /** How many milliseconds it takes, with loading the table where it has to be loaded. */
  async #audit({ scope, by }: Partial<Suspicion> = {}): Promise<number> {
    const { clock, metrics, log, loadMs } = this.#options;
    let loading = 0;
    const began = clock.now();
    try {
      const report = await this.#auditor.audit(scope);
      metrics.add('nftproxier_audits_total', 1, { result: report.result });
      this.#hasFailed = false;
      if (report.result === 'damaged') loading = loadMs();
      this.#tell(report, by);
    } catch (error) {
      if (this.#isStopped) return 0;
      metrics.add('nftproxier_audits_total', 1, { result: 'failed' });
      if (!this.#hasFailed) log.warn({ err: error }, 'the rules could not be compared with what they should be');
      this.#hasFailed = true;
    }
    const milliseconds = clock.now() - began;
    log.debug({ milliseconds }, 'audited');
    return milliseconds + loading;
  }

  /** An audit that others cut short may have put something right before. */
  #tell({ result, total, discrepancies, wasIncomplete }: DriftReport, by: string | undefined): void {
    const { metrics, log, events, nodeName, interrupted, attend } = this.#options;
    const isDamaged = result === 'damaged';
    if (total === 0 && !isDamaged) return;
    const differences = total === 0 ? ['the table is gone'] : discrepancies.slice(0, mostNamed).map(textOf);
    const more = total > mostNamed ? ` and ${String(total - mostNamed)} more` : '';
    const outcome = isDamaged ? 'the table is loaded anew' : 'put right';
    const cause = total === 0 ? 'table-lost' : isDamaged ? 'structure' : 'elements';
    metrics.add('nftproxier_drift_repairs_total', 1, { cause });
    log.warn({ total, differences, by }, `another program changed the rules; ${outcome}`);
    const who = by === undefined ? 'Another program' : `Another program (${by})`;
    events.emit(rulesRestored(nodeName, `${who} changed the rules: ${differences.join('; ')}${more}; ${outcome}`));
    if (isDamaged) attend();
    else if (wasIncomplete) interrupted();
  }
}

function textOf({ kind, object, name, element, detail }: Discrepancy): string {
  const what = [`${kind} ${object} ${name}`, element, detail].filter((part) => part !== undefined);
  return what.join(', ');
}
