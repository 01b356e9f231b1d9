import { keyText } from '../fake/index.js';
import type { Ruleset } from '../fake/index.js';
import type { SetUpdate } from './world.js';

/**
 * A ruleset with the entries that a packet left in dynamic sets (see {@link TraceOutcome.updates}): what the client's next
 * connection meets. The ruleset itself stays as it is.
 */
export function remembering(ruleset: Ruleset, updates: readonly SetUpdate[]): Ruleset {
  const tables = new Map(ruleset.tables);
  for (const { table, set, key } of updates) {
    const found = tables.get(table);
    const state = found?.sets.get(set);
    if (found === undefined || state === undefined) continue;
    const elements = new Map(state.elements).set(keyText(key), { key });
    tables.set(table, { ...found, sets: new Map(found.sets).set(set, { ...state, elements }) });
  }
  return { tables };
}
