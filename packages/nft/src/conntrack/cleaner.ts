import type { Address, Cidr, ServicePlan } from '@nftproxier/core';
import type { Conntrack } from '../run/conntrack.js';
import { cleanFlows } from './clean.js';
import type { Cleaned } from './clean.js';
import { expectationsOf, expectingAll, isEmpty, mergeExpectations, noExpectations } from './expectations.js';
import type { Expectations, PlanTransition } from './expectations.js';
import { finish } from '../table/steps.js';

/** Time, as a parameter. */
export interface CleanerClock {
  /** Milliseconds since any moment. */
  now(): number;
  /** Calls back once after a delay in milliseconds; the function returned cancels it. */
  after(delay: number, callback: () => void): () => void;
}

/** What a {@link ConntrackCleaner} needs. */
export interface CleanerOptions {
  /** Lists and deletes flows. */
  readonly conntrack: Conntrack;
  /** Its timers may keep the process alive or not: nothing is lost but flows that are not cleaned. */
  readonly clock: CleanerClock;
  /** Whether node ports are open on an address of this node; asked for each flow to a node port's number. */
  readonly isNodePortAddress: (address: Address) => boolean;
  /** Told of every run when it is over. */
  readonly onReport?: (report: CleaningReport) => void;
}

/** What one run did. */
export interface CleaningReport extends Omit<Cleaned, 'isComplete'> {
  /** Processes that were run. */
  readonly processes: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** Why it failed; it will be tried again. */
  readonly error?: Error;
  /** The run before failed in the same way: worth a message only the first time. */
  readonly isRepeated: boolean;
  /** Frontends whose flows are still to be looked at. */
  readonly pending: number;
}

/** Milliseconds per process: at most two in a second, however fast Services change. */
const msPerProcess = 500;
/** First and longest pause after failures, in milliseconds. */
const retryMs = { first: 1_000, longest: 60_000 } as const;
/** Most frontends remembered while conntrack does not work; beyond, the oldest are left to their flows' timeouts. */
const mostPending = 65_536;

/**
 * Deletes flows that have become stale, after the table has been changed.
 *
 * Guarantees:
 * - The first call after a quiet time starts a run at once, but not within the call. Runs never overlap; what comes while
 *   one is under way, or before the next is due, is seen to by one run, with the newest state of each frontend.
 * - Changes that make no flow stale start no process.
 * - What a failed run was to look at is part of the next one, after a pause that grows with each failure.
 * - No method throws, and nothing that goes wrong in a run does: it is reported.
 */
export class ConntrackCleaner {
  readonly #options: CleanerOptions;
  #pending = noExpectations;
  #underWay = noExpectations;
  #running: Promise<void> | undefined;
  #abort: AbortController | undefined;
  #cancelTimer: (() => void) | undefined;
  #earliest = -Infinity;
  #failures = 0;
  #lastCode: unknown;
  #isStopped = false;

  constructor(options: CleanerOptions) {
    this.#options = options;
  }

  /** Services have changed, and the table with them. */
  changed(changes: Iterable<PlanTransition>): void {
    const known = mergeExpectations(this.#underWay, this.#pending);
    this.#expect({ ...expectationsOf(changes, known), ranges: this.#pending.ranges });
  }

  /**
   * The table has been loaded, and nothing is known of what was there before.
   *
   * @param ranges what cluster IPs, and nothing else, are taken from: flows to Services that went away unnoticed.
   */
  started(plans: Iterable<ServicePlan>, ranges: readonly Cidr[] = []): void {
    finish(this.starting(plans, ranges));
  }

  /** As {@link started}, one plan at each step, for who must not be kept long by many; nothing is done before the last. */
  *starting(plans: Iterable<ServicePlan>, ranges: readonly Cidr[] = []): Generator<undefined, void> {
    const expected = yield* expectingAll(plans, ranges);
    this.#expect(mergeExpectations(this.#pending, expected));
  }

  /** The table was gone for a while, or not what it should have been, and has been put right. */
  interrupted(plans: Iterable<ServicePlan>, ranges: readonly Cidr[] = []): void {
    finish(this.interrupting(plans, ranges));
  }

  /** As {@link interrupted}, one plan at each step; see {@link starting}. */
  *interrupting(plans: Iterable<ServicePlan>, ranges: readonly Cidr[] = []): Generator<undefined, void> {
    const expected = yield* expectingAll(plans, ranges, { unNatted: true });
    this.#expect(mergeExpectations(this.#pending, expected));
  }

  /** Ends: what is under way is cut short. Resolves when no process is left; none follows, and no report. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#abort?.abort();
    await this.#running;
  }

  #expect({ frontends, ranges }: Expectations): void {
    const news = [...frontends].filter(([key, expectation]) => this.#underWay.frontends.get(key) !== expectation);
    // Ranges mean something only beside every frontend in them.
    const isAll = news.length <= mostPending;
    this.#pending = { frontends: new Map(news.slice(-mostPending)), ranges: isAll ? ranges : [] };
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isStopped || this.#running !== undefined || isEmpty(this.#pending)) return;
    this.#cancelTimer?.();
    const { clock } = this.#options;
    this.#cancelTimer = clock.after(Math.max(0, this.#earliest - clock.now()), () => {
      this.#cancelTimer = undefined;
      if (this.#running !== undefined || this.#isStopped) return;
      this.#running = this.#run().then(() => {
        this.#running = undefined;
        this.#schedule();
      });
    });
  }

  async #run(): Promise<void> {
    const { clock, isNodePortAddress, conntrack } = this.#options;
    const abort = (this.#abort = new AbortController());
    const begin = clock.now();
    let processes = 0;
    const counted: Conntrack = {
      list: (...args) => ((processes += 1), conntrack.list(...args)),
      load: (...args) => ((processes += 1), conntrack.load(...args)),
      version: (...args) => conntrack.version(...args),
    };
    [this.#underWay, this.#pending] = [this.#pending, noExpectations];
    let cleaned = nothing;
    let error: Error | undefined;
    try {
      const now = (): number => clock.now();
      cleaned = await cleanFlows(counted, this.#underWay, { isNodePortAddress, now, signal: abort.signal });
    } catch (thrown) {
      error = thrown instanceof Error ? thrown : new Error(String(thrown));
    }
    if (!cleaned.isComplete) this.#pending = mergeExpectations(this.#underWay, this.#pending);
    this.#underWay = noExpectations;
    const ms = clock.now() - begin;
    // A large table keeps conntrack busy: never more than half of the time.
    this.#earliest = Math.max(begin + processes * msPerProcess, clock.now() + ms, this.#retryAt(error));
    this.#report(cleaned, { processes, ms, error });
  }

  #retryAt(error: Error | undefined): number {
    this.#failures = error === undefined ? 0 : this.#failures + 1;
    if (error === undefined) return -Infinity;
    return this.#options.clock.now() + Math.min(retryMs.longest, retryMs.first * 2 ** (this.#failures - 1));
  }

  #report(
    cleaned: Cleaned,
    { processes, ms, error }: { processes: number; ms: number; error: Error | undefined },
  ): void {
    const { isComplete, ...done } = cleaned;
    const code = error && ((error as { readonly code?: unknown }).code ?? error.message);
    const isRepeated = code !== undefined && code === this.#lastCode;
    this.#lastCode = code;
    const pending = this.#pending.frontends.size;
    const report = { ...done, processes, ms, ...(error && { error }), isRepeated, pending };
    if (this.#isStopped) return;
    try {
      this.#options.onReport?.(report);
    } catch {
      // Whoever is told cannot stop the cleaning.
    }
  }
}

const nothing: Cleaned = {
  listed: 0,
  malformed: 0,
  stale: 0,
  removed: 0,
  cleaned: { IPv4: 0, IPv6: 0 },
  isComplete: false,
};
