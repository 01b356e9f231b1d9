import type { ServiceKey } from '@nftproxier/core';
import type { Loader } from '@nftproxier/nft';
import type { SyncOutcome } from '../sync/proxy.js';
import { printable } from './text.js';

/** Syncs and latencies that are remembered; what is older is only counted. */
const remembered = 240;

/** A sync that wrote something, or failed to. Times in milliseconds. */
export interface SyncRecord {
  /** When it ended, since 1970. */
  readonly at: number;
  /** `replace`: the whole table. A sync that failed has the kind it would have had. */
  readonly kind: 'replace' | 'change';
  readonly ok: boolean;
  /** From its begin to its end. */
  readonly milliseconds: number;
  /** Where the time went; unknown for a sync that failed. */
  readonly phases?: { readonly plan: number; readonly write: number };
  /** Services that changed. */
  readonly services: number;
  readonly transactions: number;
  readonly operations: number;
  readonly elements: number;
  /** Services that were refused. */
  readonly refused: number;
  /** Why it failed. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** How long something took on its way to the kernel. */
export interface LatencySample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly milliseconds: number;
}

/** How often syncs were run since the start. */
export interface SyncTotals {
  readonly changes: number;
  readonly replacements: number;
  readonly failures: number;
}

/** What a history is kept of. */
export interface SyncHistoryOptions {
  readonly loader: Pick<Loader, 'model' | 'refused'>;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The latest syncs of a proxy. Its memory is bounded, whatever the size of the cluster. */
export class SyncHistory {
  readonly #options: SyncHistoryOptions;
  readonly #records: SyncRecord[] = [];
  readonly #programming: LatencySample[] = [];
  readonly #refusedSince = new Map<ServiceKey, number>();
  readonly #totals = { changes: 0, replacements: 0, failures: 0 };
  #lastSuccess: number | undefined;

  constructor(options: SyncHistoryOptions) {
    this.#options = options;
  }

  /** The latest syncs, the oldest first. */
  get records(): readonly SyncRecord[] {
    return this.#records;
  }

  /** The latest times from a change of endpoints, as their controller noted it, to the kernel; the oldest first. */
  get programming(): readonly LatencySample[] {
    return this.#programming;
  }

  get totals(): SyncTotals {
    return this.#totals;
  }

  /** When a sync last succeeded, also one that had nothing to write. */
  get lastSuccess(): number | undefined {
    return this.#lastSuccess;
  }

  /** Since when a Service is refused; undefined if it is not. */
  refusedSince(service: ServiceKey): number | undefined {
    return this.#refusedSince.get(service);
  }

  /** To be called after every sync. Costs as much as there are refused Services. */
  synced(outcome: SyncOutcome): void {
    const { loader, now } = this.#options;
    const at = now();
    this.#followRefusals(at);
    if (outcome.ok) this.#lastSuccess = at;
    const record = recordOf(outcome, at, loader.model === undefined ? 'replace' : 'change');
    if (record === undefined) return;
    if (!record.ok) this.#totals.failures += 1;
    else if (record.kind === 'replace') this.#totals.replacements += 1;
    else this.#totals.changes += 1;
    keep(this.#records, record);
  }

  /**
   * A change of endpoints is in the kernel now.
   *
   * @param triggerTime when what led to it happened, as its controller says (RFC 3339). What is no time, or was before
   *   this process started, tells nothing about it.
   */
  programmed(triggerTime: string): void {
    const { now, startTime } = this.#options;
    const at = now();
    const since = Date.parse(triggerTime);
    if (since >= startTime) keep(this.#programming, { at, milliseconds: Math.max(0, at - since) });
  }

  #followRefusals(now: number): void {
    const { refused } = this.#options.loader;
    for (const service of this.#refusedSince.keys()) if (!refused.has(service)) this.#refusedSince.delete(service);
    for (const service of refused.keys()) if (!this.#refusedSince.has(service)) this.#refusedSince.set(service, now);
  }
}

function keep<T>(ring: T[], item: T): void {
  ring.push(item);
  if (ring.length > remembered) ring.shift();
}

function recordOf(outcome: SyncOutcome, at: number, attempted: SyncRecord['kind']): SyncRecord | undefined {
  const { milliseconds } = outcome;
  if (!outcome.ok) {
    const nothing = { services: 0, transactions: 0, operations: 0, elements: 0, refused: 0 };
    return { at, kind: attempted, ok: false, milliseconds, ...nothing, error: describe(outcome.error) };
  }
  const { kind, phases, changes, applied } = outcome.report;
  if (kind === 'nothing') return undefined;
  const { transactions, operations, elements, refused } = applied;
  const sizes = { services: changes.length, transactions, operations, elements, refused: refused.length };
  const { plan, write } = phases;
  return { at, kind, ok: true, milliseconds, phases: { plan: Math.round(plan), write: Math.round(write) }, ...sizes };
}

/** An error as others may read it: its code and message, without stack and causes. */
export function describe(error: unknown): { readonly code: string; readonly message: string } {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  const message = error instanceof Error ? error.message : String(error);
  return { code: typeof code === 'string' ? code : 'UNKNOWN', message: printable(message) };
}
