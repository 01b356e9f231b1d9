import { renderTransaction } from '../render/index.js';
import type { Transaction } from '../syntax/index.js';
import { NftRefusedError } from './error.js';
import type { ListOptions, Nft, RunOptions } from './nft.js';
import { explain } from './refusals.js';

/** Whatever takes transactions: the kernel, or {@link FakeNft}. */
export interface NftTarget {
  /**
   * Applies a transaction as a whole or not at all.
   *
   * @throws {@link RenderError} before anything is sent, {@link NftRefusedError} with the refused steps looked up, or any
   * other {@link NftError}. After a timeout, a kill or a cancellation the transaction may have taken effect.
   */
  apply(transaction: Transaction, options?: ListOptions): Promise<void>;
}

/**
 * Asks the kernel whether it would accept a transaction; nothing takes effect. It costs what the transaction would, with the
 * grace period that deletions cost.
 *
 * @throws as {@link NftTarget.apply}.
 */
export async function checkTransaction(nft: Nft, transaction: Transaction, options?: ListOptions): Promise<void> {
  await runTransaction(nft, transaction, { ...options, check: true });
}

/** The kernel, through nft. Transactions without text (no operations, or on no elements) are not sent. */
export function createTarget(nft: Nft): NftTarget {
  return {
    apply: (transaction, options) => runTransaction(nft, transaction, options),
  };
}

async function runTransaction(nft: Nft, transaction: Transaction, options?: RunOptions): Promise<void> {
  const rendered = renderTransaction(transaction);
  if (rendered.text === '') return;
  try {
    await nft.run(rendered.text, options);
  } catch (error) {
    throw error instanceof NftRefusedError ? explain(error, rendered) : error;
  }
}
