import { NftRefusedError } from '../run/error.js';
import type { Element, Operation } from '../syntax/index.js';
import type { LoadedTable } from './apply.js';
import { elementsPerBatch } from './batches.js';
import type { LoadTarget } from './target.js';

/**
 * Carries the clients that session affinity remembers from the table in service to the one that takes over, with the time
 * each has left. Sets have the same names in both, made of service and endpoint: a client of an endpoint that is gone is
 * not carried.
 *
 * One process a set, some 4 ms each: nft 1.0.6 cannot list several sets in one run, and reads the whole table for all of
 * them. Meanwhile the old table goes on serving.
 */
export async function carryClients(
  target: LoadTarget,
  { from, to }: { readonly from: string; readonly to: LoadedTable },
): Promise<void> {
  const wanted = [...to.model.clientSets()];
  if (wanted.length === 0) return;
  const present = new Set(await target.listSets(from));
  let operations: Operation[] = [];
  let count = 0;
  for (const set of wanted.filter((name) => present.has(name))) {
    const elements = (await target.listElements(from, set)).filter(isAlive);
    if (elements.length > 0) operations.push({ op: 'add-elements', set, elements });
    count += elements.length;
    if (count < elementsPerBatch) continue;
    await add(target, to.name, operations);
    operations = [];
    count = 0;
  }
  await add(target, to.name, operations);
}

/** An entry in its last second is not worth a transaction that nft may refuse. */
function isAlive({ expiresSeconds }: Element): boolean {
  return expiresSeconds === undefined || expiresSeconds > 0;
}

/** A client that cannot be remembered gets an endpoint at random: no reason to hold up the new table. */
async function add(target: LoadTarget, table: string, operations: readonly Operation[]): Promise<void> {
  if (operations.length === 0) return;
  try {
    await target.apply({ table, operations });
  } catch (error) {
    if (!(error instanceof NftRefusedError)) throw error;
  }
}
