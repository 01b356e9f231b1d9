import type { ListOptions, NftTarget } from '../run/index.js';
import type { Transaction } from '../syntax/index.js';

/** A failure: instead of a transaction, or after it has taken effect (as when nft is killed just too late). */
export interface Fault {
  /** `before`: the transaction is not applied. `after`: it is, and the caller is told otherwise. */
  readonly when: 'before' | 'after';
  /** What `apply` rejects with, e.g. an {@link NftTimeoutError}. */
  readonly error: Error;
}

/** The failure of an attempt, if any. Attempts count from 0. */
export type FaultPlan = (attempt: number, transaction: Transaction) => Fault | undefined;

/** A target that fails as planned, in front of the fake or the kernel. */
export class FaultyTarget implements NftTarget {
  readonly #target: NftTarget;
  readonly #plan: FaultPlan;
  #attempts = 0;

  constructor(target: NftTarget, plan: FaultPlan) {
    this.#target = target;
    this.#plan = plan;
  }

  /** How many transactions were tried. */
  get attempts(): number {
    return this.#attempts;
  }

  async apply(transaction: Transaction, options?: ListOptions): Promise<void> {
    const fault = this.#plan(this.#attempts++, transaction);
    if (fault?.when === 'before') throw fault.error;
    await this.#target.apply(transaction, options);
    if (fault) throw fault.error;
  }
}

/**
 * Failures at random moments, before or after the transaction alike.
 *
 * @param random numbers in [0, 1), e.g. `Math.random` or a seeded generator.
 * @param rate the share of attempts that fail, from 0 to 1.
 * @param errorOf makes the error, given another random number.
 */
export function randomFaults(random: () => number, rate: number, errorOf: (random: number) => Error): FaultPlan {
  return () => {
    if (random() >= rate) return undefined;
    return { when: random() < 0.5 ? 'before' : 'after', error: errorOf(random()) };
  };
}
