import type { RefusalReason } from '../../src/run/index.js';
import { concat, l4proto, payload } from '../../src/syntax/index.js';
import type { Chain, Element, Operation, Rule, SetDeclaration, Statement, Verdict } from '../../src/syntax/index.js';

/** One thing the kernel does: after these steps, those steps have this outcome. */
export interface Case {
  readonly name: string;
  readonly given: readonly Operation[];
  readonly when: readonly Operation[];
  readonly outcome: 'accepted' | RefusalReason;
  /** The element, or where there is none the operation, that is refused. */
  readonly at?: number;
}

const address = payload('ip', 'daddr');
const frontend = concat(address, l4proto, payload('th', 'dport'));
const slot = concat(address, payload('tcp', 'dport'), { kind: 'numgen', mod: 65_536 });

const ips: SetDeclaration = { name: 'ips', key: address };
const cidrs: SetDeclaration = { name: 'cidrs', key: address, flags: ['interval'] };
const sources: SetDeclaration = { name: 'sources', key: concat(address, payload('ip', 'saddr')), flags: ['interval'] };
const clients: SetDeclaration = {
  name: 'clients',
  key: payload('ip', 'saddr'),
  flags: ['dynamic', 'timeout'],
  timeoutSeconds: 600,
  size: 3,
};
const services: SetDeclaration = { name: 'services', key: frontend, value: 'verdict' };
const endpoints: SetDeclaration = { name: 'endpoints', key: slot, value: concat(address, payload('tcp', 'dport')) };

export const addTable: Operation = { op: 'add-table' };
export const addSet = (set: SetDeclaration): Operation => ({ op: 'add-set', set });
export const addChain = (name: string, base?: Chain['base']): Operation => ({
  op: 'add-chain',
  chain: { name, ...(base && { base }) },
});
export const addRule = (chain: string, ...rule: Rule): Operation => ({ op: 'add-rule', chain, rule });
export const add = (set: string, ...elements: readonly Element[]): Operation => ({ op: 'add-elements', set, elements });
export const remove = (set: string, ...elements: readonly Element[]): Operation => ({
  op: 'delete-elements',
  set,
  elements,
});
export const key = (...atoms: readonly (string | number)[]): Element => ({ key: atoms });
export const frontendTo = (ip: string, verdict: Verdict): Element => ({ key: [ip, 'tcp', 80], value: verdict });
const slotTo = (ip: string, index: number, port: number): Element => ({
  key: [ip, 80, index],
  value: ['10.244.0.1', port],
});
export const jump = (chain: string): Statement => ({ kind: 'verdict', verdict: { kind: 'jump', chain } });
export const goto = (chain: string): Verdict => ({ kind: 'goto', chain });
export const drop: Statement = { kind: 'verdict', verdict: { kind: 'drop' } };
export const lookUp: Statement = { kind: 'vmap', key: frontend, map: 'services' };
const inIps: Statement = { kind: 'match', left: address, op: '==', right: { kind: 'set', set: 'ips' } };
const pick: Statement = {
  kind: 'dnat-map',
  family: 'ip',
  key: concat(address, payload('tcp', 'dport'), { kind: 'numgen', mod: 3 }),
  map: 'endpoints',
};
const tcp: Statement = { kind: 'match', left: l4proto, op: '==', right: { kind: 'value', value: 'tcp' } };
const dnat: Statement = { kind: 'dnat', family: 'ip', address: '10.244.0.1', port: 80 };
const natPrerouting: Chain['base'] = { type: 'nat', hook: 'prerouting', priority: -100 };
const filterForward: Chain['base'] = { type: 'filter', hook: 'forward', priority: 0 };
const natPostrouting: Chain['base'] = { type: 'nat', hook: 'postrouting', priority: 100 };

const deleteChain = (chain: string): Operation => ({ op: 'delete-chain', chain });
const flushChain = (chain: string): Operation => ({ op: 'flush-chain', chain });
const deleteSet = (set: string): Operation => ({ op: 'delete-set', set });

const accepted = (name: string, given: readonly Operation[], when: readonly Operation[]): Case => ({
  name,
  given,
  when,
  outcome: 'accepted',
});
const refused = (
  outcome: RefusalReason,
  name: string,
  given: readonly Operation[],
  when: readonly Operation[],
  at?: number,
): Case => ({ name, given, when, outcome, ...(at !== undefined && { at }) });

const tables: readonly Case[] = [
  accepted('a table is added twice', [], [addTable, addTable]),
  accepted('a table is added, deleted and added', [], [addTable, { op: 'delete-table' }, addTable, addChain('a')]),
  accepted(
    'a table goes with all it holds',
    [addTable, addChain('a'), addSet(ips), addRule('a', inIps, drop)],
    [{ op: 'delete-table' }],
  ),
  refused('not-found', 'a missing table is deleted', [], [{ op: 'delete-table' }], 0),
  refused('not-found', 'a chain is added to a missing table', [], [addChain('a')], 0),
  refused('not-found', 'a set is added to a missing table', [], [addSet(ips)], 0),
  refused('not-found', 'a table is used after its deletion', [addTable], [{ op: 'delete-table' }, addChain('a')], 1),
];

const chains: readonly Case[] = [
  accepted('a chain is added twice', [addTable, addChain('a')], [addChain('a')]),
  accepted('a base chain is added twice', [addTable, addChain('a', natPrerouting)], [addChain('a', natPrerouting)]),
  accepted('a base chain is added as any chain', [addTable, addChain('a', natPrerouting)], [addChain('a')]),
  refused('exists', 'a chain becomes a base chain', [addTable, addChain('a')], [addChain('a', natPrerouting)], 0),
  refused(
    'exists',
    'a base chain changes its type',
    [addTable, addChain('a', natPrerouting)],
    [addChain('a', { type: 'filter', hook: 'prerouting', priority: -100 })],
  ),
  refused(
    'not-supported',
    'a base chain changes its hook',
    [addTable, addChain('a', natPrerouting)],
    [addChain('a', { type: 'nat', hook: 'output', priority: -100 })],
  ),
  refused(
    'not-supported',
    'a base chain changes its priority',
    [addTable, addChain('a', natPrerouting)],
    [addChain('a', { type: 'nat', hook: 'prerouting', priority: -99 })],
  ),
  accepted('a chain goes with its rules', [addTable, addChain('a'), addRule('a', drop)], [deleteChain('a')]),
  accepted(
    'a base chain goes with its rules',
    [addTable, addChain('a', natPrerouting), addRule('a', drop)],
    [deleteChain('a')],
  ),
  refused('not-found', 'a missing chain is deleted', [addTable], [deleteChain('a')], 0),
  refused('not-found', 'a missing chain is flushed', [addTable], [flushChain('a')], 0),
  refused('not-found', 'a rule is added to a missing chain', [addTable], [addRule('a', drop)], 0),
  refused(
    'busy',
    'a chain that a rule leads to is deleted',
    [addTable, addChain('a'), addChain('b'), addRule('a', jump('b'))],
    [deleteChain('b')],
    0,
  ),
  refused(
    'busy',
    'a chain is deleted before the rule that leads to it',
    [addTable, addChain('a'), addChain('b'), addRule('a', jump('b'))],
    [deleteChain('b'), flushChain('a')],
    0,
  ),
  accepted(
    'a chain is deleted after the rule that led to it',
    [addTable, addChain('a'), addChain('b'), addRule('a', jump('b'))],
    [flushChain('a'), deleteChain('b')],
  ),
  accepted(
    'a chain is deleted after the chain that led to it',
    [addTable, addChain('a'), addChain('b'), addRule('a', jump('b'))],
    [deleteChain('a'), deleteChain('b')],
  ),
  refused(
    'busy',
    'a chain that an element leads to is deleted',
    [addTable, addChain('a'), addSet(services), add('services', frontendTo('10.0.0.1', goto('a')))],
    [deleteChain('a')],
    0,
  ),
  accepted(
    'a chain is deleted after the element that led to it',
    [addTable, addChain('a'), addSet(services), add('services', frontendTo('10.0.0.1', goto('a')))],
    [remove('services', frontendTo('10.0.0.1', goto('a'))), deleteChain('a')],
  ),
  accepted(
    'a chain is deleted after the map that led to it was flushed',
    [addTable, addChain('a'), addSet(services), add('services', frontendTo('10.0.0.1', goto('a')))],
    [{ op: 'flush-set', set: 'services', kind: 'map' }, deleteChain('a')],
  ),
  accepted(
    'a chain is deleted after the map that led to it',
    [addTable, addChain('a'), addSet(services), add('services', frontendTo('10.0.0.1', goto('a')))],
    [deleteSet('services'), deleteChain('a')],
  ),
  refused(
    'busy',
    'a chain that leads to itself is deleted',
    [addTable, addChain('a'), addRule('a', jump('a'))],
    [deleteChain('a')],
  ),
  accepted(
    'a chain that led to itself is deleted',
    [addTable, addChain('a'), addRule('a', jump('a'))],
    [flushChain('a'), deleteChain('a')],
  ),
];

const rules: readonly Case[] = [
  refused('not-found', 'a rule leads to a missing chain', [addTable, addChain('a')], [addRule('a', jump('b'))], 0),
  refused(
    'not-supported',
    'a rule leads to a base chain',
    [addTable, addChain('a'), addChain('b', natPrerouting)],
    [addRule('a', jump('b'))],
  ),
  refused('not-found', 'a rule looks in a missing set', [addTable, addChain('a')], [addRule('a', inIps, drop)], 0),
  refused('not-found', 'a rule looks in a missing verdict map', [addTable, addChain('a')], [addRule('a', lookUp)], 0),
  refused('not-found', 'a rule looks in a missing data map', [addTable, addChain('a')], [addRule('a', pick)], 0),
  refused(
    'not-found',
    'a rule fills a missing set',
    [addTable, addChain('a')],
    [addRule('a', { kind: 'update', set: 'clients', key: payload('ip', 'saddr') })],
    0,
  ),
  accepted(
    'rules look in sets and maps',
    [addTable, addChain('a'), addSet(ips), addSet(services), addSet(endpoints), addSet(clients)],
    [
      addRule('a', inIps, lookUp),
      addRule('a', pick),
      addRule('a', { kind: 'update', set: 'clients', key: payload('ip', 'saddr'), timeoutSeconds: 5 }),
      addRule('a', tcp, dnat),
    ],
  ),
  refused('invalid', 'a rule goes on after a verdict', [addTable, addChain('a')], [addRule('a', drop, drop)], 0),
  refused(
    'invalid',
    'a rule goes on after reject',
    [addTable, addChain('a')],
    [addRule('a', { kind: 'reject' }, drop)],
  ),
  refused('invalid', 'a rule is empty', [addTable, addChain('a')], [addRule('a')]),
  accepted(
    'a rule goes on after a verdict map',
    [addTable, addChain('a'), addSet(services)],
    [addRule('a', lookUp, drop)],
  ),
  refused('invalid', 'a destination with a port, of no protocol', [addTable, addChain('a')], [addRule('a', dnat)]),
  refused(
    'invalid',
    'a comparison of other types',
    [addTable, addChain('a'), addSet(ips)],
    [
      addRule(
        'a',
        { kind: 'match', left: payload('ip6', 'daddr'), op: '==', right: { kind: 'set', set: 'ips' } },
        drop,
      ),
    ],
  ),
  refused(
    'invalid',
    'a look-up by other types',
    [addTable, addChain('a'), addSet(services)],
    [addRule('a', { kind: 'vmap', key: address, map: 'services' })],
  ),
  refused(
    'invalid',
    'a set is used as a verdict map',
    [addTable, addChain('a'), addSet(ips)],
    [addRule('a', { kind: 'vmap', key: address, map: 'ips' })],
  ),
  refused(
    'invalid',
    'a data map is used as a verdict map',
    [addTable, addChain('a'), addSet(endpoints)],
    [addRule('a', { kind: 'vmap', key: slot, map: 'endpoints' })],
  ),
  accepted(
    'a map is used as a set',
    [addTable, addChain('a'), addSet(services)],
    [addRule('a', { kind: 'match', left: frontend, op: '==', right: { kind: 'set', set: 'services' } }, drop)],
  ),
  accepted(
    'a rule fills a dynamic set of fixed size',
    [addTable, addChain('a'), addSet({ ...ips, size: 5, flags: ['dynamic'] })],
    [addRule('a', { kind: 'update', set: 'ips', key: address })],
  ),
  refused(
    'not-supported',
    'a rule fills a set of fixed size that is not dynamic',
    [addTable, addChain('a'), addSet({ ...ips, size: 5 })],
    [addRule('a', { kind: 'update', set: 'ips', key: address })],
  ),
  refused(
    'not-supported',
    'a rule fills an interval set',
    [addTable, addChain('a'), addSet(cidrs)],
    [addRule('a', { kind: 'update', set: 'cidrs', key: address })],
  ),
  refused(
    'not-supported',
    'a rule sets a timeout in a set without',
    [addTable, addChain('a'), addSet({ ...ips, flags: ['dynamic'] })],
    [addRule('a', { kind: 'update', set: 'ips', key: address, timeoutSeconds: 5 })],
  ),
  refused(
    'not-supported',
    'masquerade in a filter chain',
    [addTable, addChain('a', filterForward)],
    [addRule('a', { kind: 'masquerade' })],
  ),
  accepted(
    'masquerade in postrouting',
    [addTable, addChain('a', natPostrouting)],
    [addRule('a', { kind: 'masquerade' })],
  ),
  accepted(
    'masquerade where no base chain leads to',
    [addTable, addChain('a')],
    [addRule('a', { kind: 'masquerade' })],
  ),
  refused(
    'not-supported',
    'a base chain of another hook leads to dnat',
    [addTable, addChain('a'), addChain('b', filterForward), addRule('a', tcp, dnat)],
    [addRule('b', jump('a'))],
  ),
  refused(
    'not-supported',
    'reject in postrouting',
    [addTable, addChain('a', natPostrouting)],
    [addRule('a', { kind: 'reject' })],
  ),
  refused(
    'not-supported',
    'an element leads from a base chain of another hook to dnat',
    [
      addTable,
      addChain('a'),
      addChain('b', filterForward),
      addSet(services),
      addRule('a', tcp, dnat),
      addRule('b', lookUp),
    ],
    [add('services', frontendTo('10.0.0.1', goto('a')))],
  ),
  accepted(
    'chains lead in a circle that no base chain leads to',
    [addTable, addChain('a'), addChain('b'), addRule('a', jump('b'))],
    [addRule('b', jump('a'))],
  ),
  refused(
    'loop',
    'chains lead in a circle',
    [
      addTable,
      addChain('a'),
      addChain('b'),
      addChain('base', natPrerouting),
      addRule('base', jump('a')),
      addRule('a', jump('b')),
    ],
    [addRule('b', jump('a'))],
  ),
  refused(
    'loop',
    'a verdict map leads in a circle',
    [
      addTable,
      addChain('a'),
      addChain('base', natPrerouting),
      addSet(services),
      addRule('base', lookUp),
      addRule('a', lookUp),
    ],
    [add('services', frontendTo('10.0.0.1', goto('a')))],
  ),
];

const sets: readonly Case[] = [
  accepted('a set is added twice', [addTable, addSet(ips)], [addSet(ips)]),
  accepted(
    'a set is added again with another field of the same type',
    [addTable, addSet(ips)],
    [addSet({ ...ips, key: payload('ip', 'saddr') })],
  ),
  accepted(
    'a set gets another size and timeout',
    [addTable, addSet(clients)],
    [addSet({ ...clients, size: 5, timeoutSeconds: 60 })],
  ),
  refused(
    'exists',
    'a set is added again with another key',
    [addTable, addSet(ips)],
    [addSet({ ...ips, key: payload('ip6', 'daddr') })],
    0,
  ),
  refused(
    'exists',
    'a set is added again with other flags',
    [addTable, addSet(ips)],
    [addSet({ ...cidrs, name: 'ips' })],
    0,
  ),
  refused(
    'exists',
    'a set is added again as a map',
    [addTable, addSet(ips)],
    [addSet({ ...ips, value: 'verdict' })],
    0,
  ),
  refused(
    'exists',
    'a map is added again with another value',
    [addTable, addSet(endpoints)],
    [addSet({ ...endpoints, value: 'verdict' })],
    0,
  ),
  refused('not-found', 'a missing set is deleted', [addTable], [deleteSet('ips')], 0),
  refused('not-found', 'a missing set is flushed', [addTable], [{ op: 'flush-set', set: 'ips', kind: 'set' }], 0),
  refused(
    'not-found',
    'a map is flushed as a set',
    [addTable, addSet(services)],
    [{ op: 'flush-set', set: 'services', kind: 'set' }],
    0,
  ),
  refused(
    'not-found',
    'a set is flushed as a map',
    [addTable, addSet(ips)],
    [{ op: 'flush-set', set: 'ips', kind: 'map' }],
    0,
  ),
  accepted(
    'a map is deleted with its elements',
    [addTable, addSet(endpoints), add('endpoints', slotTo('10.0.0.1', 0, 80))],
    [deleteSet('endpoints')],
  ),
  refused(
    'busy',
    'a set that a rule looks in is deleted',
    [addTable, addChain('a'), addSet(ips), addRule('a', inIps, drop)],
    [deleteSet('ips')],
    0,
  ),
  refused(
    'busy',
    'a map that a rule looks in is deleted',
    [addTable, addChain('a'), addSet(services), addRule('a', lookUp)],
    [deleteSet('services')],
    0,
  ),
  refused(
    'busy',
    'a set that a rule fills is deleted',
    [
      addTable,
      addChain('a'),
      addSet(clients),
      addRule('a', { kind: 'update', set: 'clients', key: payload('ip', 'saddr') }),
    ],
    [deleteSet('clients')],
    0,
  ),
  accepted(
    'a set is deleted after the rule that looked in it',
    [addTable, addChain('a'), addSet(ips), addRule('a', inIps, drop)],
    [flushChain('a'), deleteSet('ips')],
  ),
  accepted(
    'a set is flushed and filled',
    [addTable, addSet(ips), add('ips', key('10.0.0.1'))],
    [{ op: 'flush-set', set: 'ips', kind: 'set' }, add('ips', key('10.0.0.2'))],
  ),
];

const slot0 = slotTo('10.0.0.1', 0, 80);
const elements: readonly Case[] = [
  accepted('elements are added', [addTable, addSet(endpoints)], [add('endpoints', slot0, slotTo('10.0.0.1', 1, 81))]),
  accepted('no elements are added to a missing set', [addTable], [add('endpoints'), remove('endpoints')]),
  refused('not-found', 'elements are added to a missing set', [addTable], [add('ips', key('10.0.0.1'))]),
  refused('not-found', 'elements of a missing set are deleted', [addTable], [remove('ips', key('10.0.0.1'))]),
  accepted(
    'an element of a set is added twice',
    [addTable, addSet(ips), add('ips', key('10.0.0.1'))],
    [add('ips', key('10.0.0.1'), key('10.0.0.1'))],
  ),
  accepted(
    'an element of a map is added with its value',
    [addTable, addSet(endpoints), add('endpoints', slot0)],
    [add('endpoints', slot0, slot0)],
  ),
  refused(
    'exists',
    'an element of a map is added with another value',
    [addTable, addSet(endpoints), add('endpoints', slot0)],
    [add('endpoints', slotTo('10.0.0.2', 0, 80), slotTo('10.0.0.1', 0, 81))],
    1,
  ),
  refused(
    'exists',
    'an element is added with two values at once',
    [addTable, addSet(endpoints)],
    [add('endpoints', slot0, slotTo('10.0.0.1', 0, 81))],
    1,
  ),
  accepted(
    'an element is deleted and added with another value',
    [addTable, addSet(endpoints), add('endpoints', slot0)],
    [remove('endpoints', slot0), add('endpoints', slotTo('10.0.0.1', 0, 81))],
  ),
  accepted(
    'an element is deleted by another value',
    [addTable, addSet(endpoints), add('endpoints', slot0)],
    [remove('endpoints', slotTo('10.0.0.1', 0, 99))],
  ),
  accepted(
    'an element is added and deleted',
    [addTable, addSet(ips)],
    [add('ips', key('10.0.0.1')), remove('ips', key('10.0.0.1'))],
  ),
  refused(
    'not-found',
    'a missing element is deleted',
    [addTable, addSet(ips), add('ips', key('10.0.0.1'))],
    [remove('ips', key('10.0.0.1'), key('10.0.0.2'))],
    1,
  ),
  refused(
    'not-found',
    'an element is deleted twice',
    [addTable, addSet(ips), add('ips', key('10.0.0.1'))],
    [remove('ips', key('10.0.0.1'), key('10.0.0.1'))],
    1,
  ),
  refused(
    'exists',
    'a verdict changes',
    [addTable, addChain('a'), addSet(services), add('services', frontendTo('10.0.0.1', goto('a')))],
    [add('services', frontendTo('10.0.0.1', { kind: 'jump', chain: 'a' }))],
    0,
  ),
  refused(
    'not-found',
    'a verdict leads to a missing chain',
    [addTable, addSet(services)],
    [add('services', frontendTo('10.0.0.1', goto('a')))],
    0,
  ),
  refused(
    'not-supported',
    'a verdict leads to a base chain',
    [addTable, addSet(services), addChain('a', natPrerouting)],
    [add('services', frontendTo('10.0.0.1', goto('a')))],
    0,
  ),
  refused(
    'invalid',
    'a map gets an element without value',
    [addTable, addSet(endpoints)],
    [add('endpoints', key('10.0.0.1', 80, 0))],
  ),
  refused(
    'invalid',
    'a data map gets a verdict',
    [addTable, addSet(endpoints)],
    [add('endpoints', { key: ['10.0.0.1', 80, 0], value: { kind: 'drop' } })],
  ),
  refused(
    'invalid',
    'a set gets an element with value',
    [addTable, addSet(ips)],
    [add('ips', { key: ['10.0.0.1'], value: { kind: 'drop' } })],
  ),
  refused(
    'invalid',
    'a key has too few parts',
    [addTable, addSet(services)],
    [add('services', { key: ['10.0.0.1'], value: { kind: 'drop' } })],
  ),
  refused('invalid', 'a key has too many parts', [addTable, addSet(ips)], [add('ips', key('10.0.0.1', 80))]),
  refused('invalid', 'a key of the other family', [addTable, addSet(ips)], [add('ips', key('fd00::1'))]),
  refused(
    'invalid',
    'a port beyond 65535',
    [addTable, addSet(endpoints)],
    [add('endpoints', slotTo('10.0.0.1', 0, 65_536))],
  ),
  refused('invalid', 'a prefix in a set without intervals', [addTable, addSet(ips)], [add('ips', key('10.0.0.0/8'))]),
];

const intervals: readonly Case[] = [
  accepted(
    'prefixes side by side',
    [addTable, addSet(cidrs)],
    [add('cidrs', key('10.0.0.0/8'), key('11.0.0.0/16'), key('11.1.0.1'))],
  ),
  accepted(
    'a prefix is added twice',
    [addTable, addSet(cidrs), add('cidrs', key('10.0.0.0/8'))],
    [add('cidrs', key('10.0.0.0/8'))],
  ),
  accepted(
    'a prefix is deleted by another address in it',
    [addTable, addSet(cidrs), add('cidrs', key('10.0.0.0/8'))],
    [remove('cidrs', key('10.1.2.3/8'))],
  ),
  refused(
    'exists',
    'a prefix inside another one',
    [addTable, addSet(cidrs), add('cidrs', key('10.0.0.0/8'))],
    [add('cidrs', key('10.1.0.0/16'))],
    0,
  ),
  refused(
    'exists',
    'an address inside a prefix',
    [addTable, addSet(cidrs), add('cidrs', key('10.0.0.0/8'))],
    [add('cidrs', key('10.1.0.0'))],
    0,
  ),
  refused(
    'exists',
    'a prefix around another one',
    [addTable, addSet(cidrs), add('cidrs', key('10.1.0.0/16'))],
    [add('cidrs', key('10.0.0.0/8'))],
    0,
  ),
  refused(
    'exists',
    'prefixes in each other at once',
    [addTable, addSet(cidrs)],
    [add('cidrs', key('10.0.0.0/8'), key('10.1.0.0/16'))],
    1,
  ),
  refused(
    'not-found',
    'a part of a prefix is deleted',
    [addTable, addSet(cidrs), add('cidrs', key('10.0.0.0/8'))],
    [remove('cidrs', key('10.1.0.0/16'))],
    0,
  ),
  accepted(
    'a prefix takes the place of one inside it',
    [addTable, addSet(cidrs), add('cidrs', key('10.1.0.0/16'))],
    [remove('cidrs', key('10.1.0.0/16')), add('cidrs', key('10.0.0.0/8'))],
  ),
  accepted(
    'the same prefix for other keys',
    [addTable, addSet(sources)],
    [add('sources', key('1.1.1.1', '10.0.0.0/8'), key('1.1.1.2', '10.0.0.0/8'))],
  ),
  accepted('all addresses for a key', [addTable, addSet(sources)], [add('sources', key('1.1.1.1', '0.0.0.0/0'))]),
  accepted(
    'a concatenated prefix is added twice',
    [addTable, addSet(sources), add('sources', key('1.1.1.1', '10.0.0.0/8'))],
    [add('sources', key('1.1.1.1', '10.0.0.0/8'))],
  ),
  refused(
    'exists',
    'a prefix inside another one of the same key',
    [addTable, addSet(sources), add('sources', key('1.1.1.1', '10.0.0.0/8'))],
    [add('sources', key('1.1.1.1', '10.1.0.0/16'))],
    0,
  ),
  refused(
    'exists',
    'a prefix around another one with the same start',
    [addTable, addSet(sources), add('sources', key('1.1.1.1', '10.0.0.0/16'))],
    [add('sources', key('1.1.1.1', '10.0.0.0/8'))],
    0,
  ),
  accepted(
    'a prefix around another one in its middle',
    [addTable, addSet(sources), add('sources', key('1.1.1.1', '10.3.0.0/16'))],
    [add('sources', key('1.1.1.1', '10.0.0.0/8'))],
  ),
  accepted(
    'a concatenated prefix is deleted by a prefix in it',
    [addTable, addSet(sources), add('sources', key('1.1.1.1', '10.0.0.0/8'))],
    [remove('sources', key('1.1.1.1', '10.1.0.0/16'))],
  ),
  refused(
    'not-found',
    'a concatenated prefix is deleted by one around it',
    [addTable, addSet(sources), add('sources', key('1.1.1.1', '10.0.0.0/8'))],
    [remove('sources', key('1.1.1.1', '0.0.0.0/0'))],
    0,
  ),
];

const timeouts: readonly Case[] = [
  accepted(
    'clients with their time left',
    [addTable, addSet(clients)],
    [
      add(
        'clients',
        { key: ['1.1.1.1'], expiresSeconds: 500 },
        { key: ['1.1.1.2'], timeoutSeconds: 9_000, expiresSeconds: 8_000 },
      ),
    ],
  ),
  accepted(
    'a client is added twice',
    [addTable, addSet(clients), add('clients', { key: ['1.1.1.1'], expiresSeconds: 500 })],
    [add('clients', { key: ['1.1.1.1'], expiresSeconds: 400 })],
  ),
  refused(
    'set-full',
    'one client too many',
    [addTable, addSet(clients), add('clients', key('1.1.1.1'), key('1.1.1.2'))],
    [add('clients', key('1.1.1.3'), key('1.1.1.4'))],
    1,
  ),
  accepted(
    'one client takes the place of another',
    [addTable, addSet(clients), add('clients', key('1.1.1.1'), key('1.1.1.2'), key('1.1.1.3'))],
    [remove('clients', key('1.1.1.1')), add('clients', key('1.1.1.4'))],
  ),
  refused(
    'other',
    'more time left than the timeout',
    [addTable, addSet(clients)],
    [add('clients', { key: ['1.1.1.1'], expiresSeconds: 601 })],
    0,
  ),
  refused(
    'invalid',
    'time left in a set without timeout',
    [addTable, addSet(ips)],
    [add('ips', { key: ['1.1.1.1'], expiresSeconds: 5 })],
    0,
  ),
  refused(
    'not-supported',
    'time left without any timeout',
    [addTable, addSet({ name: 'clients', key: payload('ip', 'saddr'), flags: ['dynamic', 'timeout'] })],
    [add('clients', { key: ['1.1.1.1'], expiresSeconds: 5 })],
    0,
  ),
];

const atomic: readonly Case[] = [
  refused(
    'not-found',
    'nothing of a refused transaction stays',
    [
      addTable,
      addChain('a'),
      addChain('b'),
      addSet(services),
      addSet(cidrs),
      addSet(clients),
      addRule('a', jump('b')),
      add('services', frontendTo('10.0.0.1', goto('b'))),
      add('cidrs', key('10.0.0.0/8')),
    ],
    [
      addChain('c'),
      addRule('a', lookUp),
      addRule('c', jump('b')),
      add('services', frontendTo('10.0.0.2', goto('c'))),
      remove('services', frontendTo('10.0.0.1', goto('b'))),
      flushChain('a'),
      addSet(ips),
      addSet({ ...clients, size: 9 }),
      remove('cidrs', key('10.0.0.0/8')),
      add('cidrs', key('10.0.0.0/16')),
      { op: 'flush-set', set: 'services', kind: 'map' },
      deleteChain('c'),
      deleteChain('b'),
      deleteSet('services'),
      { op: 'delete-table' },
      addTable,
      addChain('a'),
      deleteChain('absent'),
    ],
  ),
];

/** What the kernel does, case by case. */
export const cases: readonly Case[] = [
  ...tables,
  ...chains,
  ...rules,
  ...sets,
  ...elements,
  ...intervals,
  ...timeouts,
  ...atomic,
];
