import { renderStep, renderTransaction } from '../render/index.js';
import { NftCancelledError, NftRefusedError } from '../run/index.js';
import type { ListOptions, NftTarget } from '../run/index.js';
import type { Operation, Transaction } from '../syntax/index.js';
import { applyOperation } from './apply.js';
import { dumpTable } from './dump.js';
import type { FakeTable } from './objects.js';
import { StepRefused } from './refusal.js';
import type { Ruleset } from './ruleset.js';
import { rollBack } from './undo.js';
import type { UndoLog } from './undo.js';
import { validate } from './validate.js';

/**
 * nftables in memory: takes the transactions the kernel takes, refuses what it refuses with the same reasons, and holds
 * what it would hold. One suite runs against both. It has no clock: elements with a timeout do not expire.
 */
export class FakeNft implements NftTarget, Ruleset {
  readonly #tables = new Map<string, FakeTable>();
  #sequence = 0;

  /** The tables as they are now; a view, not a copy. */
  get tables(): Ruleset['tables'] {
    return this.#tables;
  }

  /** Whether {@link FakeNft.apply} would accept a transaction; throws as it does. */
  check(transaction: Transaction): Promise<void> {
    return this.#run(transaction, undefined, true);
  }

  apply(transaction: Transaction, options?: ListOptions): Promise<void> {
    return this.#run(transaction, options, false);
  }

  async #run(transaction: Transaction, options: ListOptions | undefined, isCheck: boolean): Promise<void> {
    // Rendered for its checks: what cannot be written must not be accepted here either.
    renderTransaction(transaction);
    if (options?.signal?.aborted) throw new NftCancelledError();
    const undo: UndoLog = [];
    try {
      this.#applyAll(transaction, undo);
    } catch (error) {
      rollBack(undo);
      throw error;
    }
    if (isCheck) rollBack(undo);
  }

  /** A table's contents as text, sorted; empty if there is no such table. */
  dump(table: string): string {
    const state = this.#tables.get(table);
    return state ? dumpTable(state) : '';
  }

  #applyAll({ table, operations }: Transaction, undo: UndoLog): void {
    const context = { tables: this.#tables, table, undo, nextSequence: () => this.#sequence++ };
    let lastNewPath = -1;
    operations.forEach((operation, index) => {
      located(table, operations, index, () => {
        if (applyOperation(context, operation)) lastNewPath = index;
      });
    });
    const state = this.#tables.get(table);
    if (lastNewPath >= 0 && state) located(table, operations, lastNewPath, () => validate(state));
  }
}

function located(table: string, operations: readonly Operation[], index: number, step: () => void): void {
  try {
    step();
  } catch (error) {
    const operation = operations[index];
    throw error instanceof StepRefused && operation ? refusedAt(error, table, operation, index) : error;
  }
}

function refusedAt(
  { reason, message, element }: StepRefused,
  table: string,
  operation: Operation,
  index: number,
): Error {
  const at = {
    operation: index,
    ...(element !== undefined && { element }),
    ...(operation.owner !== undefined && { owner: operation.owner }),
  };
  const found = 'elements' in operation && element !== undefined ? operation.elements[element] : undefined;
  return new NftRefusedError([{ reason, message, at, statement: renderStep(table, operation, found) }]);
}
