import type { Family, HashKey, Protocol } from '@nftproxier/core';
import { concat, l4proto, payload } from '../syntax/index.js';
import type { Expression, PayloadExpression } from '../syntax/index.js';
import { wordOf } from './names.js';
import type { SlotKey } from './names.js';

/** Most slots a frontend can have; the type of a slot number in keys. */
export const mostSlots = 65_536;

/** nft's word for a family's header. */
export function headerOf(family: Family): 'ip' | 'ip6' {
  return family === 'IPv4' ? 'ip' : 'ip6';
}

export function source(family: Family): PayloadExpression {
  return payload(headerOf(family), 'saddr');
}

export function destination(family: Family): PayloadExpression {
  return payload(headerOf(family), 'daddr');
}

/** The port of any protocol; only in keys, never in the data of a map. */
const anyPort = payload('th', 'dport');

/** address . protocol . port */
export function addressKey(family: Family): Expression {
  return concat(destination(family), l4proto, anyPort);
}

/** protocol . port */
export const nodePortKey = concat(l4proto, anyPort);

/** address . protocol . port . client */
export function addressAndSourceKey(family: Family): Expression {
  return concat(destination(family), l4proto, anyPort, source(family));
}

/** endpoint as client . endpoint . protocol . port */
export function hairpinKey(family: Family): Expression {
  return concat(source(family), destination(family), l4proto, anyPort);
}

/** address . port . slot, or node port . slot: the slot is any expression that yields a number below the slot count. */
export function slotKey(key: SlotKey, protocol: Protocol, family: Family, slot: Expression): Expression {
  const port = payload(wordOf(protocol), 'dport');
  return key === 'nodeport' ? concat(port, slot) : concat(destination(family), port, slot);
}

/** address . port of an endpoint. The protocol's own port: `th dport` in data makes nft refuse every later rule. */
export function endpointValue(protocol: Protocol, family: Family): Expression {
  return concat(destination(family), payload(wordOf(protocol), 'dport'));
}

/** How a chain chooses a slot: at random, or by a hash of the packet's source. */
export type SlotChoice =
  { readonly kind: 'random' } | { readonly kind: 'hash'; readonly hashKey: HashKey; readonly seed: number };

/** One of `count` slots, chosen so. */
export function chosenSlot(choice: SlotChoice, count: number, protocol: Protocol, family: Family): Expression {
  if (choice.kind === 'random') return randomSlot(count);
  const client = source(family);
  const of = choice.hashKey === 'client' ? client : concat(client, payload(wordOf(protocol), 'sport'));
  return { kind: 'jhash', of, mod: count, seed: choice.seed };
}

/** A random slot out of `count`. */
export function randomSlot(count: number): Expression {
  return { kind: 'numgen', mod: count };
}
