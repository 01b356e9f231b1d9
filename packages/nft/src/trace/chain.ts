import { renderRule } from '../render/index.js';
import type { ChainState } from '../fake/index.js';
import type { Rule, Verdict } from '../syntax/index.js';
import { effectsOf } from './statement.js';
import type { VerdictEffect } from './statement.js';
import { withStep } from './world.js';
import type { End, Place, World } from './world.js';

/** A world at the end of a chain: a verdict that ends the base chain, or none. */
export interface Ended {
  readonly world: World;
  readonly end: End | 'none';
}

/** Leads a packet through a chain and wherever its rules lead. */
export function walkChain(chain: ChainState, start: World, place: Place): readonly Ended[] {
  let inside: readonly World[] = [start];
  const ended: Ended[] = [];
  chain.rules.forEach((rule, index) => {
    const after = inside.flatMap((world) => walkRule(rule, world, { place, chain: chain.chain.name, rule: index }));
    inside = after.filter(({ end }) => end === 'next').map(({ world }) => world);
    for (const { world, end } of after) {
      if (end !== 'next') ended.push({ world, end: end === 'return' ? 'none' : end });
    }
  });
  return [...ended, ...inside.map((world): Ended => ({ world, end: 'none' }))];
}

interface RulePlace {
  readonly place: Place;
  readonly chain: string;
  readonly rule: number;
}

/** A world after a rule: on to the next rule, back to the calling chain, or the base chain's end. */
interface AfterRule {
  readonly world: World;
  readonly end: End | 'next' | 'return';
}

function walkRule(rule: Rule, world: World, at: RulePlace): readonly AfterRule[] {
  return walkStatements(rule, 0, { world, reasons: [], missed: false }, at);
}

interface Progress {
  readonly world: World;
  /** What the statements so far have done, in words. */
  readonly reasons: readonly string[];
  /** Whether the last one looked something up and found nothing: as the end of a rule, that is no effect. */
  readonly missed: boolean;
}

function walkStatements(rule: Rule, index: number, progress: Progress, at: RulePlace): readonly AfterRule[] {
  const statement = rule[index];
  const { world, reasons, missed } = progress;
  if (!statement) return [{ world: note(rule, world, at, !missed, reasons), end: 'next' }];
  return effectsOf(statement, world, at.place).flatMap((effect) => {
    const why = effect.why === '' ? reasons : [...reasons, effect.why];
    if (effect.kind === 'verdict') return follow(rule, effect, why, at);
    if (effect.kind === 'no-match') return [{ world: note(rule, effect.world, at, false, why), end: 'next' }];
    const next = { world: effect.world, reasons: why, missed: effect.kind === 'miss' };
    return walkStatements(rule, index + 1, next, at);
  });
}

function follow(rule: Rule, effect: VerdictEffect, why: readonly string[], at: RulePlace): readonly AfterRule[] {
  const { verdict } = effect;
  const world = note(rule, effect.world, at, true, [...why, ...wordsOf(verdict)]);
  switch (verdict.kind) {
    case 'accept':
    case 'drop':
    case 'reject':
      return [{ world, end: verdict.kind }];
    case 'return':
      return [{ world, end: 'return' }];
    case 'jump':
    case 'goto': {
      const target = at.place.table.chains.get(verdict.chain);
      const back = verdict.kind === 'jump' ? 'next' : 'return';
      if (!target) return [{ world, end: back }];
      return walkChain(target, world, at.place).map(({ world: after, end }) => ({
        world: after,
        end: end === 'none' ? back : end,
      }));
    }
  }
}

function wordsOf(verdict: Verdict | { readonly kind: 'reject' }): readonly string[] {
  return 'chain' in verdict ? [`${verdict.kind} ${verdict.chain}`] : [verdict.kind];
}

function note(rule: Rule, world: World, at: RulePlace, matched: boolean, reasons: readonly string[]): World {
  const { hook, table } = at.place;
  const decided = reasons.length === 0 ? 'no effect' : reasons.join('; ');
  const text = renderRule(rule);
  return withStep(world, { hook, table: table.name, chain: at.chain, rule: at.rule, text, matched, decided });
}
