import { bytesOf, familyOf, jhash } from '@nftproxier/core';
import type { Atom, Expression } from '../syntax/index.js';
import { isLocal } from './packet.js';
import type { Place, World } from './world.js';

/** One value an expression may have, part by part, and how likely it is. */
export interface Draw {
  readonly values: readonly Atom[];
  readonly share: number;
}

/** Stands for a source port nobody told: in no set, equal to nothing. */
const unknownPort = 'unknown';

/**
 * The values an expression may have for a packet: one, or with a random part all that can be drawn. Undefined where the
 * packet has no such field: the rule then does not match, whatever it compares.
 */
export function drawsOf(expression: Expression, world: World, place: Place): readonly Draw[] | undefined {
  switch (expression.kind) {
    case 'concat':
      return expression.parts.reduce<readonly Draw[] | undefined>(
        (draws, part) => combine(draws, drawsOf(part, world, place)),
        [{ values: [], share: 1 }],
      );
    case 'numgen':
      return anyOf(expression.mod);
    case 'jhash':
      return hashOf(drawsOf(expression.of, world, place), expression);
    default: {
      const value = valueOf(expression, world, place);
      return value === undefined ? undefined : [{ values: [value], share: 1 }];
    }
  }
}

function combine(left: readonly Draw[] | undefined, right: readonly Draw[] | undefined): readonly Draw[] | undefined {
  if (!left || !right) return undefined;
  return left.flatMap((a) => right.map((b) => ({ values: [...a.values, ...b.values], share: a.share * b.share })));
}

function anyOf(mod: number): readonly Draw[] {
  return Array.from({ length: mod }, (_unused, value) => ({ values: [value], share: 1 / mod }));
}

function hashOf(
  draws: readonly Draw[] | undefined,
  of: { readonly mod: number; readonly seed: number },
): readonly Draw[] | undefined {
  if (draws?.some(({ values }) => values.includes(unknownPort))) return anyOf(of.mod);
  return draws?.map(({ values, share }) => ({ values: [jhash(values.flatMap(registerOf), of.mod, of.seed)], share }));
}

// As it stands in the kernel's registers: in network order, padded to four bytes. Only ports are shorter.
function registerOf(value: Atom): readonly number[] {
  return typeof value === 'number' ? [value >> 8, value & 0xff, 0, 0] : bytesOf(value);
}

type SimpleExpression = Exclude<Expression, { readonly kind: 'concat' | 'numgen' | 'jhash' }>;

function valueOf(expression: SimpleExpression, world: World, place: Place): Atom | undefined {
  const { packet } = place.scene;
  switch (expression.kind) {
    case 'payload':
      return payloadOf(expression, world, place);
    case 'meta':
      switch (expression.key) {
        case 'l4proto':
          return packet.protocol;
        case 'mark':
          return world.mark;
        case 'iifname':
          return place.interfaceName;
        case 'oifname':
          return packet.leaves;
        case 'nfproto':
          return familyOf(packet.to) === 'IPv4' ? 'ipv4' : 'ipv6';
      }
      break;
    case 'ct':
      if (expression.key === 'status') return world.dnat ? 'dnat' : '';
      return packet.established ? 'established' : 'new';
    case 'fib': {
      const address = expression.address === 'saddr' ? packet.from : world.to;
      return isLocal(place.scene.node, address) ? 'local' : 'unicast';
    }
  }
}

function payloadOf(
  { protocol, field }: Extract<Expression, { readonly kind: 'payload' }>,
  world: World,
  { scene: { packet } }: Place,
): Atom | undefined {
  if (protocol === 'ip' || protocol === 'ip6') {
    if (familyOf(packet.to) !== (protocol === 'ip' ? 'IPv4' : 'IPv6')) return undefined;
    return field === 'saddr' ? packet.from : world.to;
  }
  if (protocol === 'icmp' || protocol === 'icmpv6') return undefined;
  if (protocol !== 'th' && protocol !== packet.protocol) return undefined;
  return field === 'sport' ? (packet.sourcePort ?? unknownPort) : world.port;
}
