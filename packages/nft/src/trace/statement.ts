import { familyOf } from '@nftproxier/core';
import { keyText, valueText } from '../fake/index.js';
import { renderExpression } from '../render/index.js';
import type { Atom, Expression, Statement, Verdict } from '../syntax/index.js';
import { drawsOf } from './draw.js';
import { elementFor, holds } from './lookup.js';
import type { Place, World } from './world.js';

/** What a statement makes of a packet, and why, in words. */
export type Effect = OnEffect | VerdictEffect;

/** On to the next statement, having done something (`on`) or found nothing (`miss`), or no further in this rule. */
export interface OnEffect {
  readonly kind: 'on' | 'miss' | 'no-match';
  readonly world: World;
  readonly why: string;
}

/** The end of the rule. */
export interface VerdictEffect {
  readonly kind: 'verdict';
  readonly verdict: Verdict | { readonly kind: 'reject' };
  readonly world: World;
  readonly why: string;
}

/** All that one statement may do to a packet; the shares of the worlds add up to that of the one given. */
export function effectsOf(statement: Statement, world: World, place: Place): readonly Effect[] {
  switch (statement.kind) {
    case 'match':
      return choose(statement.left, world, place, (values) => {
        const matches = holds(values, statement.right, world, place) === (statement.op === '==');
        const seen = `${renderExpression(statement.left)} is ${shown(values, statement.left)}`;
        return { id: String(matches), effect: { kind: matches ? 'on' : 'no-match', world, why: seen } };
      });
    case 'vmap':
      return choose(statement.key, world, place, (values) => {
        const value = elementFor(statement.map, values, world, place)?.value;
        if (value === undefined || !('kind' in value)) {
          return {
            id: '',
            effect: { kind: 'miss', world, why: `${statement.map} has nothing for ${keyText(values)}` },
          };
        }
        const why = `${statement.map} has ${valueText(value)} for ${keyText(values)}`;
        return { id: valueText(value), effect: { kind: 'verdict', verdict: value, world, why } };
      });
    case 'dnat-map':
      if (!isOf(statement.family, place)) return [wrongFamily(world)];
      return choose(statement.key, world, place, (values) => {
        const value = elementFor(statement.map, values, world, place)?.value;
        if (value === undefined || 'kind' in value) {
          return {
            id: '',
            effect: { kind: 'no-match', world, why: `${statement.map} has nothing for ${keyText(values)}` },
          };
        }
        const [address = world.to, port = world.port] = value;
        return { id: valueText(value), effect: rewritten(world, String(address), Number(port)) };
      });
    case 'dnat':
      if (!isOf(statement.family, place)) return [wrongFamily(world)];
      return [rewritten(world, statement.address, statement.port)];
    case 'verdict':
      return [{ kind: 'verdict', verdict: statement.verdict, world, why: '' }];
    case 'reject':
      if (statement.with === 'tcp reset' && place.scene.packet.protocol !== 'tcp') {
        return [{ kind: 'no-match', world, why: 'only TCP can be reset' }];
      }
      return [{ kind: 'verdict', verdict: { kind: 'reject' }, world, why: '' }];
    case 'counter':
      return [{ kind: 'on', world, why: 'counted' }];
    case 'log':
      return [{ kind: 'on', world, why: 'logged' }];
    case 'limit':
      // Of one packet nobody can say how many came before it: it is taken for the first.
      return [{ kind: statement.over ? 'no-match' : 'on', world, why: 'the rate is taken to be below the limit' }];
    case 'mark-or':
      return [marked(world, (world.mark | statement.mask) >>> 0)];
    case 'mark-xor':
      return [marked(world, (world.mark ^ statement.mask) >>> 0)];
    case 'masquerade': {
      const verdict = { kind: 'accept' } as const;
      return [
        {
          kind: 'verdict',
          verdict,
          world: { ...world, masquerade: true },
          why: "the source becomes the node's address",
        },
      ];
    }
    case 'update':
      return choose(statement.key, world, place, (key) => {
        const update = { table: place.table.name, set: statement.set, key };
        const updates = [...world.updates, update];
        const why = `${keyText(key)} is put into ${statement.set}`;
        return { id: keyText(key), effect: { kind: 'on', world: { ...world, updates }, why } };
      });
  }
}

interface Choice {
  /** What is decided: draws with the same are one. */
  readonly id: string;
  readonly effect: Effect;
}

// Draws that come to the same are put together: a service of 10,000 endpoints has 10,000 draws, but not as many misses.
function choose(
  expression: Expression,
  world: World,
  place: Place,
  decide: (values: readonly Atom[]) => Choice,
): readonly Effect[] {
  const draws = drawsOf(expression, world, place);
  if (!draws) return [{ kind: 'no-match', world, why: `the packet has no ${renderExpression(expression)}` }];
  const choices = new Map<string, { readonly effect: Effect; share: number; count: number }>();
  for (const { values, share } of draws) {
    const { id, effect } = decide(values);
    const known = choices.get(id);
    if (known) {
      known.share += share;
      known.count += 1;
    } else {
      choices.set(id, { effect, share, count: 1 });
    }
  }
  return [...choices.values()].map(({ effect, share, count }) => {
    const of = draws.length > 1 ? ` (${String(count)} of ${String(draws.length)} draws)` : '';
    const { world: after } = effect;
    return { ...effect, world: { ...after, share: after.share * share }, why: effect.why + of };
  });
}

function rewritten(world: World, to: string, port: number): Effect {
  const why = `the destination becomes ${endpointText(to, port)}`;
  return { kind: 'verdict', verdict: { kind: 'accept' }, world: { ...world, to, port, dnat: true }, why };
}

function marked(world: World, mark: number): Effect {
  return { kind: 'on', world: { ...world, mark }, why: `the mark becomes 0x${mark.toString(16)}` };
}

function wrongFamily(world: World): Effect {
  return { kind: 'no-match', world, why: 'the packet is of the other IP family' };
}

function isOf(family: 'ip' | 'ip6', place: Place): boolean {
  return familyOf(place.scene.packet.to) === (family === 'ip' ? 'IPv4' : 'IPv6');
}

function shown(values: readonly Atom[], expression: Expression): string {
  if (expression.kind === 'meta' && expression.key === 'mark') return `0x${Number(values[0]).toString(16)}`;
  return values.map((value) => (value === '' ? 'nothing' : String(value))).join(' . ');
}

/** An endpoint as it is written: `10.0.0.1:80`, `[fd00::1]:80`. */
export function endpointText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
}
