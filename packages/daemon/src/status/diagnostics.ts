import type { Diagnostic } from '@nftproxier/core';
import type { Planner } from '@nftproxier/core';
import { walk } from './walk.js';
import type { Pause } from './walk.js';

/** Diagnostics shown of each group; the others are counted. */
const shown = 100;

/** What could not be used of the cluster's objects. */
export interface DiagnosticsReport {
  readonly total: number;
  /** How many of each code. */
  readonly byCode: { readonly [code: string]: number };
  /** Addresses and ports that several Services ask for, at most 100. */
  readonly conflicts: readonly Diagnostic[];
  /** All others, at most 100. */
  readonly others: readonly Diagnostic[];
}

/** Gathers the diagnostics of all plans and of objects that belong to none. Nothing is kept between two calls. */
export async function collectDiagnostics(
  { plans, orphans }: Pick<Planner, 'plans' | 'orphans'>,
  pause: Pause,
): Promise<DiagnosticsReport> {
  const byCode: Record<string, number> = {};
  const conflicts: Diagnostic[] = [];
  const others: Diagnostic[] = [];
  const take = (diagnostics: readonly Diagnostic[]): void => {
    for (const diagnostic of diagnostics) {
      byCode[diagnostic.code] = (byCode[diagnostic.code] ?? 0) + 1;
      const group = diagnostic.code === 'address-conflict' ? conflicts : others;
      if (group.length < shown) group.push(diagnostic);
    }
  };
  await walk(
    plans.values(),
    (plan) => {
      take(plan.diagnostics);
    },
    pause,
  );
  await walk(orphans.values(), take, pause);
  const total = Object.values(byCode).reduce((sum, count) => sum + count, 0);
  return { total, byCode, conflicts, others };
}
