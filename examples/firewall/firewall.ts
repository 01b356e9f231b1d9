import { accept, arrivesOn, counter, drop, inSet, log, oneOf, payload, stateIs } from '@nftproxier/nft';
import type { Element, Operation, Rule, Transaction } from '@nftproxier/nft';

/** What a small firewall lets in. */
export interface Policy {
  /** Ports that everybody may use. */
  readonly openPorts: readonly [number, ...number[]];
  /** Prefixes whose hosts may use SSH. */
  readonly admins: readonly string[];
}

const table = 'firewall';
const isICMP = (protocol: 'icmp' | 'icmpv6') => oneOf({ kind: 'meta', key: 'l4proto' }, protocol);
const tooMany = { kind: 'limit', rate: 10, per: 'second', burst: 10, over: true } as const;

function inputRules({ openPorts }: Policy): readonly Rule[] {
  return [
    [stateIs('established', 'related'), accept],
    [stateIs('invalid'), drop],
    [arrivesOn('lo'), accept],
    [inSet(payload('ip', 'saddr'), 'banned'), counter, drop],
    [oneOf(payload('icmp', 'type'), 'echo-request'), tooMany, drop],
    [isICMP('icmp'), accept],
    [isICMP('icmpv6'), accept],
    [oneOf(payload('tcp', 'dport'), ...openPorts), accept],
    [oneOf(payload('tcp', 'dport'), 22), inSet(payload('ip', 'saddr'), 'admins'), accept],
    [{ kind: 'limit', rate: 5, per: 'minute' }, log('firewall: ', 'info')],
    [counter, { kind: 'reject' }],
  ];
}

const input = {
  name: 'input',
  base: { type: 'filter', hook: 'input', priority: 0, policy: 'drop' },
} as const;

const elements = (prefixes: readonly string[]): readonly Element[] => prefixes.map((prefix) => ({ key: [prefix] }));

/** The whole firewall as one transaction, in place of one that is there. */
export function firewall(policy: Policy): Transaction {
  const source = payload('ip', 'saddr');
  const operations: readonly Operation[] = [
    { op: 'add-table' },
    { op: 'delete-table' },
    { op: 'add-table' },
    { op: 'add-set', set: { name: 'admins', key: source, flags: ['interval'] } },
    { op: 'add-set', set: { name: 'banned', key: source, flags: ['timeout'], timeoutSeconds: 3_600 } },
    { op: 'add-chain', chain: input },
    ...inputRules(policy).map((rule): Operation => ({ op: 'add-rule', chain: input.name, rule })),
    { op: 'add-elements', set: 'admins', elements: elements(policy.admins) },
  ];
  return { table, operations };
}

/** Bans a host for an hour: one element, no rule. */
export function ban(address: string): Transaction {
  return { table, operations: [{ op: 'add-elements', set: 'banned', elements: [{ key: [address] }] }] };
}
